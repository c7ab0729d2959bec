/** @file What a conversion is: a user's files in their own format, to files in the layout that this package reads. */

/** A file that the user gave. */
export interface GivenFile {
  /** Path below what was given, with "/" between its parts. */
  name: string;
  /** Where it is. */
  file: string;
}

export interface Converted {
  /**
   * What was made: path relative to the data folder, its lines without line ends, and, where it stands in for a file that
   * cannot be had, what it is.
   */
  files: { path: string; lines: Iterable<string>; standIn?: string }[];
  /**
   * Sentences about what was found: how many rows, what was dropped. Asked for once the files are written, since a stream
   * is counted while it is read.
   */
  notes: () => string[];
}

/**
 * @param given - the user's files that belong to the data set, sorted by name
 * @param to - folder for the result, relative to the data folder
 * @param root - the data folder, to look up what is there already
 * @throws Error naming file, field and remedy
 */
export type Conversion = (given: readonly GivenFile[], to: string, root: string) => Converted;
