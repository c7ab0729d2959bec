/**
 * @file Replacements of Node's globals for the bundled modules in a browser. There are none for files, processes and
 * threads: modules that import them are bundled, but their functions are not called. Buffer is used for UTF-8 only.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

class Bytes extends Uint8Array {
  override toString(): string {
    return decoder.decode(this);
  }
}

/** The part of Node's `Buffer` that the tokenizer uses; broken UTF-8 becomes U+FFFD, as in Node. */
const Buffer = {
  from: (source: string | ArrayLike<number>): Bytes =>
    new Bytes(typeof source === "string" ? encoder.encode(source) : source),
  byteLength: (text: string): number => encoder.encode(text).length,
  concat(pieces: readonly Uint8Array[]): Bytes {
    const whole = new Bytes(pieces.reduce((total, piece) => total + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  },
};

/** A turn of the event loop; `setTimeout` would wait 4 ms for it. */
function setImmediate(callback: () => void): void {
  const channel = new MessageChannel();
  const receiver = channel.port1 as unknown as { onmessage: () => void; close(): void }; // as browsers have it
  receiver.onmessage = () => {
    receiver.close();
    callback();
  };
  channel.port2.postMessage(null);
}

export { Buffer, setImmediate };
