/**
 * @file TensorFlow.js for the browser bundle: the core with its gradients and the plain backend, without the layers,
 * converters and data loaders of the union package. The bundle replaces `../tf.ts` by this file.
 */

import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";

export { tf };
