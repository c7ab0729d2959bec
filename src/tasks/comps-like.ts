/**
 * @file COMPS-like: pairs in the form and number of COMPS, made from the same property norms. They are not COMPS's
 * items, so their score is never called COMPS. Not part of the BabyLM pipeline.
 *
 * After Misra et al. 2023, https://doi.org/10.18653/v1/2023.eacl-main.213. `npm run data -- import comps-like` creates
 * them.
 */

import { COMPS } from "./comps";
import type { ForcedChoiceTask } from "./task";

export const COMPS_LIKE: ForcedChoiceTask = {
  ...COMPS,
  name: "comps-like",
  displayName: "COMPS-like",
  officialName: "comps_like",
  folder: { full: "comps_like", fast: null },
  source: "made from the norms of https://github.com/kanishkamisra/world, after Misra et al. 2023",
  isExtra: true,
};
