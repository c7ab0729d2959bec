/** @file Reasons to skip tests that compare with the native kernels. */

import { loadNative } from "../../../src/tensor/native/load-addon";
import { messageOf } from "../../../src/util/check";

/** Why the native kernels are absent, or what `otherwise` says if they are there; false: nothing is missing. */
export function nativeMissing(otherwise: () => string | false = () => false): string | false {
  try {
    loadNative();
  } catch (error) {
    return `native kernels absent: ${messageOf(error)}`;
  }
  return otherwise();
}
