// Values and metadata, between what a Worker gives or asks for and what the store keeps.

import { failure } from './failure.js';
import { parseJson } from './json.js';
import { VALUE_BYTES_MAX, checkValueLength } from './rules.js';
import { decode, encode, utf8Length } from './text.js';

/**
 * @param {unknown} value
 * @returns {value is object}
 */
export function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/**
 * Refuses an object that is no value.
 *
 * @param {object} body
 */
export function checkBody(body) {
  if (body instanceof ReadableStream) {
    checkReadable(body);
  } else if (!isBytes(body)) {
    const kinds = 'strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams';
    throw new TypeError(`KV put() accepts only ${kinds} as values.`);
  }
}

/**
 * Refuses a stream whose bytes are another's, or gone.
 *
 * @param {ReadableStream} stream
 */
function checkReadable(stream) {
  if (stream.locked) throw new TypeError('The ReadableStream has been locked to a reader.');
  try {
    // A body may be any stream but a disturbed one, which no property of it tells.
    new Response(stream);
  } catch {
    throw new TypeError('The ReadableStream has been read from already.');
  }
}

/**
 * @param {unknown} value
 * @returns {value is ArrayBuffer | ArrayBufferView<ArrayBuffer>}
 */
function isBytes(value) {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

/**
 * The bytes of a value that is no stream.
 *
 * @param {string | object} body
 */
export function bytesOf(body) {
  // The bytes of a text that is too long may be more than there is memory for.
  if (typeof body === 'string' && body.length > VALUE_BYTES_MAX) checkValueLength(utf8Length(body));
  const bytes = pieceBytes(body);
  checkValueLength(bytes.length);
  return bytes;
}

/**
 * The bytes of a text, of a buffer, or those that a view shows.
 *
 * @param {unknown} piece
 */
export function pieceBytes(piece) {
  if (typeof piece === 'string') return encode(piece);
  if (!isBytes(piece)) throw new TypeError('KV put() accepts only streams of bytes as values.');
  // A detached buffer has no bytes and takes no view.
  if (piece.byteLength === 0) return new Uint8Array();
  if (piece instanceof ArrayBuffer) return new Uint8Array(piece);
  return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
}

/**
 * A value as the type that was asked for.
 *
 * @param {Uint8Array<ArrayBuffer>} value
 * @param {string} type
 */
export function decoded(value, type) {
  switch (type) {
    case 'text':
      return decode(value);
    case 'arrayBuffer':
      return value.byteLength === value.buffer.byteLength ? value.buffer : value.slice().buffer;
    case 'json':
      return parseJson(decode(value));
    default:
      throw new TypeError(
        'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".',
      );
  }
}

/**
 * A value among several, as JSON.
 *
 * @param {Uint8Array} value
 */
export function bulkJson(value) {
  try {
    return JSON.parse(decode(value));
  } catch {
    const reason = 'At least one of the requested keys corresponds to a non-json value';
    throw failure('GET_BULK', 400, reason);
  }
}

/**
 * The text of metadata; what JSON cannot express is the text `undefined`, which the store refuses.
 *
 * @param {unknown} metadata
 */
export function toJson(metadata) {
  if (metadata === undefined || metadata === null) return undefined;
  return String(JSON.stringify(metadata));
}

/** @param {string | undefined} metadata */
export function fromJson(metadata) {
  return metadata === undefined ? null : parseJson(metadata);
}
