/** @file The conversions by the name that the catalogue calls them by. */

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
