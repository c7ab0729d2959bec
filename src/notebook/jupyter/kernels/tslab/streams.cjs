/**
 * @file Sends a cell's standard output and standard error to Jupyter, completely and in few messages.
 *
 * One message per `console.log` overruns the queues between the kernel and Jupyter, which then drop messages. So text is
 * collected and sent when it is long, when time has passed, and before any other message of the cell.
 */
"use strict";

const { StringDecoder } = require("node:string_decoder");

const MOST_CHARACTERS = 32_768;
/** Longest time that text waits to be joined with more text; too short for a reader to notice. */
const LONGEST_WAIT_MS = 40;

/** @param send `send(name, text)` sends text of the stream `stdout` or `stderr` */
function createStreams(send) {
  let waiting = { name: "stdout", text: "" };
  let sent = 0; // when
  let timer = null;

  function flush() {
    clearTimeout(timer);
    timer = null;
    if (waiting.text === "") return;
    const { name, text } = waiting;
    waiting = { name, text: "" };
    sent = Date.now();
    send(name, text);
  }

  /** A `write` for `process.stdout` or `process.stderr`. */
  function writer(name) {
    const decoder = new StringDecoder("utf8"); // a character may arrive in two pieces
    return (chunk, encoding, callback) => {
      const done = typeof encoding === "function" ? encoding : callback;
      if (waiting.name !== name) {
        flush();
        waiting = { name, text: "" };
      }
      waiting.text += typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
      if (waiting.text.length > MOST_CHARACTERS || Date.now() - sent > LONGEST_WAIT_MS) flush();
      else timer ??= setTimeout(flush, LONGEST_WAIT_MS).unref();
      if (done) process.nextTick(done);
      return true;
    };
  }

  return { flush, stdout: writer("stdout"), stderr: writer("stderr") };
}

module.exports = { createStreams };
