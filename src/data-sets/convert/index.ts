/** @file The conversions by their names in the catalogue. */

import type { ConversionName } from "../catalogue";
import { convertAochildes } from "./aochildes";
import type { Conversion } from "./conversion";
import { convertStudyText } from "./study-text";
import { convertSuperglue } from "./superglue";
import { convertSwda } from "./swda";
import { convertZorro } from "./zorro";

export const CONVERSIONS: Readonly<Record<ConversionName, Conversion>> = {
  aochildes: convertAochildes,
  "study-text": convertStudyText,
  superglue: convertSuperglue,
  swda: convertSwda,
  zorro: convertZorro,
};
