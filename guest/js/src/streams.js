// Values in pieces, as web streams.

import { Writer } from '#host/store.js';
import { attempt } from './failure.js';
import { VALUE_BYTES_MAX, checkValueLength } from './rules.js';
import { pieceBytes } from './values.js';

/** @import { Entry, Namespace, PutOptions, Reader } from 'larder:kv/store@0.1.0' */
/** @import { Operation } from './failure.js' */

const PIECE_BYTES = 262_144;

/**
 * The value of a reader, which is let go at its end, when reading fails and when the stream is
 * cancelled. One that fits in a piece is read at once, so that a stream which nobody reads holds
 * nothing.
 *
 * @param {ReturnType<typeof readerOf> | Reader} reader
 */
function streamOf(reader) {
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
 * The entry as a stream. When the host has as many readers open for this guest as it will, the value
 * is read whole.
 *
 * @param {Namespace} namespace
 * @param {string} key
 */
export function openStream(namespace, key) {
  const found = unlessTooMany('GET', () => ({ reader: namespace.openReader(key) }));
  if (found !== undefined) return found.reader && entryOf(found.reader);
  const entry = attempt('GET', () => namespace.getEntry(key));
  return entry && entryOf(readerOf(entry));
}

/** @param {ReturnType<typeof readerOf> | Reader} reader */
function entryOf(reader) {
  return { metadata: reader.info().metadata, stream: streamOf(reader) };
}

/**
 * An entry that was read whole, as a reader of it.
 *
 * @param {Entry} entry
 */
function readerOf({ value, metadata }) {
  return {
    info: () => ({ metadata, size: BigInt(value.length) }),
    /** A copy, as a stream takes the buffer with the piece. @param {bigint} offset @param {number} max */
    read: (offset, max) => value.slice(Number(offset), Number(offset) + max),
    [Symbol.dispose]() {},
  };
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
  const value = new Value(namespace, key, options);
  try {
    let bytes = 0;
    for (let read = await source.read(); !read.done; read = await source.read()) {
      const piece = pieceBytes(read.value);
      bytes += piece.length;
      // What is too long is read to its end for the error to tell its length, but not kept.
      if (bytes <= VALUE_BYTES_MAX) value.write(piece);
      else value[Symbol.dispose]();
    }
    checkValueLength(bytes);
    value.finish();
  } catch (error) {
    // What the source does with that is its own affair.
    source.cancel(error).catch(() => {});
    throw error;
  } finally {
    value[Symbol.dispose]();
    source.releaseLock();
  }
}

/** A value that comes piece by piece. Of writers a host has few, so a short one takes none. */
class Value {
  #namespace;
  #key;
  #options;
  /** @type {Writer | undefined} */
  #writer;
  /** What no writer has been given yet. @type {Uint8Array[]} */
  #kept = [];
  #keptBytes = 0;

  /** @param {Namespace} namespace @param {string} key @param {PutOptions} options */
  constructor(namespace, key, options) {
    this.#namespace = namespace;
    this.#key = key;
    this.#options = options;
  }

  /** @param {Uint8Array<ArrayBuffer>} piece */
  write(piece) {
    const writer = this.#writer;
    if (writer !== undefined) return attempt('PUT', () => writer.write(piece));
    // The piece is the source's to change once the next is asked for.
    this.#kept.push(piece.slice());
    this.#keptBytes += piece.length;
    if (this.#keptBytes > PIECE_BYTES) this.#hand();
  }

  /** Gives a writer what was kept; when the host has none to spare, it is kept on. */
  #hand() {
    const writer = unlessTooMany('PUT', () => this.#namespace.openWriter(this.#key, this.#options));
    if (writer === undefined) return;
    this.#writer = writer;
    for (const piece of this.#kept.splice(0)) attempt('PUT', () => writer.write(piece));
  }

  finish() {
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer !== undefined) return attempt('PUT', () => Writer.finish(writer));
    const bytes = new Uint8Array(this.#keptBytes);
    let next = 0;
    for (const piece of this.#kept) {
      bytes.set(piece, next);
      next += piece.length;
    }
    return attempt('PUT', () => this.#namespace.putWith(this.#key, bytes, this.#options));
  }

  [Symbol.dispose]() {
    this.#writer?.[Symbol.dispose]();
    this.#writer = undefined;
    this.#kept = [];
  }
}

/**
 * What the host opens; nothing when it has as much open for this guest as it will.
 *
 * @template T
 * @param {Operation} operation
 * @param {() => T} open
 */
function unlessTooMany(operation, open) {
  try {
    return attempt(operation, open);
  } catch (error) {
    const { cause } = /** @type {{ cause?: { tag?: string } }} */ (error);
    if (cause?.tag === 'too-many-requests') return undefined;
    throw error;
  }
}
