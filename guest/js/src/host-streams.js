// The streams of wasi:io beneath a request and its answer.

import { subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.10';
import { poll } from 'wasi:io/poll@0.2.10';
import { eventLoop } from './timers.js';

/**
 * Bytes of a piece at most, and by how many the next has to be shorter to find room where the last was:
 * that is what the engine keeps of each.
 */
const PIECE_BYTES = 65_536;
const LEFT_BYTES = 16;

/** How long the event loop of the engine stands still at a time, in nanoseconds. */
const TURN = 10_000_000n;

/** Nobody is there any more to read what is written. */
export class Unread extends Error {}

/** The body of a request, of which nothing is read from the host before the worker reads. */
export class RequestBody {
  #request;
  #body;
  #input;
  #pieceBytes = PIECE_BYTES;

  constructor(request) {
    this.#request = request;
  }

  stream() {
    const source = {
      type: 'bytes',
      pull: async (controller) => {
        const piece = await this.#read();
        if (piece !== undefined) return controller.enqueue(piece);
        controller.close();
        controller.byobRequest?.respond(0);
      },
      cancel: () => this[Symbol.dispose](),
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  /** The next piece; none at the end. */
  async #read() {
    for (;;) {
      // While it was waited for, the request may have come to its end.
      const input = this.#open();
      const piece = unlessClosed(() => input.read(BigInt(this.#pieceBytes)));
      if (piece?.length !== 0) {
        this.#pieceBytes = this.#pieceBytes > PIECE_BYTES / 2 ? this.#pieceBytes - LEFT_BYTES : PIECE_BYTES;
        return piece;
      }
      await turn(input);
    }
  }

  #open() {
    if (this.#request === undefined) throw new TypeError('the request is over, and its body with it');
    this.#body ??= this.#request.consume();
    this.#input ??= this.#body.stream();
    return this.#input;
  }

  [Symbol.dispose]() {
    this.#input?.[Symbol.dispose]();
    this.#body?.[Symbol.dispose]();
    this.#input = this.#body = this.#request = undefined;
  }
}

/** Writes all of it, as fast as it is taken. */
export async function write(output, bytes) {
  let at = 0;
  while (at < bytes.length) {
    const room = unlessClosed(() => output.checkWrite());
    if (room === undefined) throw new Unread('nobody reads on');
    if (room === 0n) {
      await turn(output);
      continue;
    }
    const piece = bytes.subarray(at, at + Number(room));
    unlessClosed(() => output.write(piece));
    at += piece.length;
  }
}

/** What the stream does; none when it is closed. */
function unlessClosed(act) {
  try {
    return act();
  } catch (error) {
    const { payload } = error;
    if (payload === undefined) throw error;
    if (payload.tag === 'closed') return undefined;
    const said = payload.val.toDebugString();
    payload.val[Symbol.dispose]();
    throw new TypeError(said);
  }
}

/**
 * Waits for the stream, which may not be ready then. The event loop of the engine cannot wait for it
 * beside its own timers and fetches, so the two take turns. Nothing of the stream is held meanwhile.
 */
async function turn(stream) {
  const ready = stream.subscribe();
  const pause = subscribeDuration(TURN);
  poll([ready, pause]);
  pause[Symbol.dispose]();
  ready[Symbol.dispose]();
  await eventLoop();
}
