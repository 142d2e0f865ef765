// Text and its bytes.

const encoder = new TextEncoder();
// A value begins with a byte order mark when that was put there.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** @param {string} text */
export function encode(text) {
  return encoder.encode(text);
}

/**
 * What is not UTF-8 becomes U+FFFD. Bound, as in the engine a function around it takes half as long again.
 *
 * @type {(bytes: Uint8Array) => string}
 */
export const decode = decoder.decode.bind(decoder);

/**
 * The length of a text in bytes of UTF-8, without the memory for them.
 *
 * @param {string} text
 */
export function utf8Length(text) {
  const piece = new Uint8Array(Math.min(text.length * 3, 65_536));
  let bytes = 0;
  for (let rest = text; rest !== ''; ) {
    const { read, written } = encoder.encodeInto(rest, piece);
    bytes += written;
    rest = rest.slice(read);
  }
  return bytes;
}

/**
 * Whether a text has more bytes of UTF-8 than that, mostly without counting them.
 *
 * @param {string} text
 * @param {number} bytesMax
 */
export function exceeds(text, bytesMax) {
  return text.length * 3 > bytesMax && (text.length > bytesMax || utf8Length(text) > bytesMax);
}
