// Timers that end with the request which set them, also where the instance does not. To be loaded before
// the worker, whose modules may keep `setTimeout` for themselves.

const { setTimeout, setInterval, clearTimeout } = globalThis;

/** Those that were set since the request began; one that has rung does no harm. */
const timers = new Set();

globalThis.setTimeout = (...given) => held(setTimeout, ...given);
globalThis.setInterval = (...given) => held(setInterval, ...given);

/** Lets the event loop of the engine have its turn. */
export function eventLoop() {
  return new Promise((resolve) => setTimeout(resolve, 0));
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
