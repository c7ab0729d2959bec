/** @file Interface of a conversion: from a user's files in their own format to files in the layout of this package. */

/** A file that the user gave. */
export interface GivenFile {
  /** Path below the given folder, with "/" as separator. */
  name: string;
  /** Path on this machine. */
  file: string;
}

export interface Converted {
  /**
   * Output files: path relative to the data folder, lines without line ends, and a description if the file stands in
   * for one that is not available.
   */
  files: { path: string; lines: Iterable<string>; standIn?: string }[];
  /**
   * Sentences for the user: how many rows were found and dropped. Called after the files are written, since a stream is
   * counted while it is read.
   */
  notes: () => string[];
}

/**
 * @param given - the user's files that belong to the data set, sorted by name
 * @param to - folder for the result, relative to the data folder
 * @param root - the data folder, to look up existing files
 * @throws Error naming file, field and remedy
 */
export type Conversion = (given: readonly GivenFile[], to: string, root: string) => Converted;
