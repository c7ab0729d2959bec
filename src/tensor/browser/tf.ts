/**
 * @file TensorFlow.js as a browser bundle takes it: the core and the plain backend, without the layers, converters and data
 * loaders of the union package. The bundle takes this file for `../tf.ts`.
 */

import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";

export { tf };
