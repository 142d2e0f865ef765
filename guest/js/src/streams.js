// Values in pieces, as web streams.

import { Writer } from 'larder:kv/store@0.1.0';
import { attempt } from './failure.js';
import { VALUE_BYTES_MAX, checkValueLength } from './rules.js';
import { pieceBytes } from './values.js';

/** @import { Namespace, PutOptions, Reader } from 'larder:kv/store@0.1.0' */

const PIECE_BYTES = 262_144;

/**
 * The value of a reader, which is let go at its end, when reading fails and when the stream is
 * cancelled. One that fits in a piece is read at once, so that a stream which nobody reads holds
 * nothing.
 *
 * @param {Reader} reader
 */
export function streamOf(reader) {
  const size = Number(reader.info().size);
  let next = 0;
  const read = () => {
    try {
      const piece = attempt('GET', () => reader.read(BigInt(next), PIECE_BYTES));
      next += piece.length;
      if (next === size) reader[Symbol.dispose]();
      return piece;
    } catch (error) {
      reader[Symbol.dispose]();
      throw error;
    }
  };
  /** @type {Uint8Array<ArrayBuffer> | undefined} */
  let first = read();
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const piece = first ?? read();
      first = undefined;
      if (piece.length > 0) controller.enqueue(piece);
      if (next < size) return;
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel() {
      if (next < size) reader[Symbol.dispose]();
    },
  });
}

/**
 * Stores a stream's bytes, all of them or, when anything fails, none.
 *
 * @param {Namespace} namespace
 * @param {string} key
 * @param {ReadableStream} stream
 * @param {PutOptions} options
 */
export async function putStream(namespace, key, stream, options) {
  const source = stream.getReader();
  /** @type {Writer | undefined} */
  let writer;
  try {
    writer = attempt('PUT', () => namespace.openWriter(key, options));
    const open = writer;
    let bytes = 0;
    for (let read = await source.read(); !read.done; read = await source.read()) {
      const piece = pieceBytes(read.value);
      bytes += piece.length;
      // What is too long is read to its end for the error to tell its length, but not kept.
      if (bytes <= VALUE_BYTES_MAX) attempt('PUT', () => open.write(piece));
    }
    checkValueLength(bytes);
    writer = undefined;
    attempt('PUT', () => Writer.finish(open));
  } catch (error) {
    // What the source does with that is its own affair.
    source.cancel(error).catch(() => {});
    throw error;
  } finally {
    writer?.[Symbol.dispose]();
    source.releaseLock();
  }
}
