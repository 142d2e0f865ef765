// Timers that end with the request which set them, also where the instance does not.

const { setTimeout, setInterval, clearTimeout } = globalThis;

/** Those that were set since the request began; one that has rung does no harm. */
const timers = new Set();

/** From now on, those that a worker sets are kept account of. */
export function holdTimers() {
  globalThis.setTimeout = (...given) => held(setTimeout, ...given);
  globalThis.setInterval = (...given) => held(setInterval, ...given);
}

export function endTimers() {
  for (const timer of timers) clearTimeout(timer);
  timers.clear();
}

function held(set, ...given) {
  const timer = set(...given);
  timers.add(timer);
  return timer;
}
