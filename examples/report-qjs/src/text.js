// Text as UTF-8 and back, for an engine that has no TextEncoder.

export function toBytes(text) {
  return Uint8Array.from(unescape(encodeURIComponent(text)), (letter) => letter.charCodeAt(0));
}

/** Throws for what is no UTF-8. */
export function toText(bytes) {
  let letters = '';
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return decodeURIComponent(escape(letters));
}
