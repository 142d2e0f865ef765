import { socketOf } from './store.js';

/** @import { Bound } from './store.js' */

/**
 * Unix milliseconds by the clock of the store: one for tests has its own, other than `Date`.
 *
 * @param {string | Bound} binding
 */
export function unixMs(binding) {
  return socketOf(binding).unixMs();
}
