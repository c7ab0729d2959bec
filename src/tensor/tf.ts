/**
 * @file TensorFlow.js, imported in one place.
 *
 * The union package is imported, not `tfjs-core` alone: the Node bundle of core registers no gradients.
 */

import * as tf from "@tensorflow/tfjs";

export { tf };
