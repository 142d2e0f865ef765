/** Unix milliseconds by the clock of the store: in a component the host's, as is that of `Date`. */
export function unixMs() {
  return Date.now();
}
