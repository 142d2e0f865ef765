// For tests in Node.js: the time of the store, its beginning anew, and workers of their own.

import { Socket } from './socket.js';
import { TestStore } from './test-store.js';

export { env, environment } from '../index.js';
export { startWorker } from './start-worker.js';

/** The time of the store of `larder test`. */
export const clock = {
  /** @param {number} milliseconds */
  advance: (milliseconds) => ofEnvironment().clock.advance(milliseconds),
  /** @param {Date | number} time */
  set: (time) => ofEnvironment().clock.set(time),
  now: () => ofEnvironment().clock.now(),
};

/** Every namespace as it was at the start, with the seeds; and the time that of the start. */
export function reset() {
  ofEnvironment().reset();
}

function ofEnvironment() {
  return new TestStore(Socket.ofEnvironment());
}
