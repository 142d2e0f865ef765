// Cursors that are not the store's own.

import { decode } from './text.js';

/**
 * Where the listing goes on. Workers refuses no cursor: its own are base64 of the last key that was
 * listed, and what is given is read as such.
 *
 * @param {string} cursor
 */
export function startAfter(cursor) {
  const standard = cursor.replaceAll('-', '+').replaceAll('_', '/');
  const digits = standard.replace(/=.*/s, '').replace(/[^A-Za-z0-9+/]/g, '');
  // A last digit alone is less than a byte.
  const whole = digits.length % 4 === 1 ? digits.slice(0, -1) : digits;
  const key = decode(Uint8Array.from(atob(whole), (letter) => letter.charCodeAt(0)));
  // Nothing lies between a text and the same with a NUL behind it.
  return key === '' ? '' : `${key}\0`;
}
