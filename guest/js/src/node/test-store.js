// A store that was opened for tests.

import { Refusal } from './socket.js';

/** @import { Socket } from './socket.js' */

export class TestStore {
  #socket;

  /** @param {Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    this.clock = {
      /** @param {number} milliseconds */
      advance: (milliseconds) => this.#post('/clock', { advance_ms: whole(milliseconds) }),
      /** @param {Date | number} time */
      set: (time) => this.#post('/clock', { now_ms: whole(Number(time)) }),
      now: () => new Date(socket.unixMs()),
    };
  }

  reset() {
    this.#post('/reset');
  }

  /** @param {string} path @param {object} [json] */
  #post(path, json) {
    try {
      this.#socket.ask({ method: 'POST', path, json, writes: true });
    } catch (error) {
      if (!(error instanceof Refusal) || error.payload.tag !== 'unsupported') throw error;
      const why = `the store at ${this.#socket.path} is not for tests`;
      throw new Error(`${why}; one that is comes with \`larder test\``, { cause: error });
    }
  }
}

/** @param {number} milliseconds */
function whole(milliseconds) {
  if (Number.isSafeInteger(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new TypeError(`a time is a Date or a whole number of milliseconds, not ${milliseconds}`);
}
