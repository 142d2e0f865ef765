// Requests to the socket of a store that are answered before the call returns, as calls to a host
// are: a thread asks, and this one sleeps meanwhile.

import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads';

/**
 * @typedef {object} Question
 * @property {string} socket The path of the socket.
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} [headers]
 * @property {Uint8Array} [body]
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {Uint8Array<ArrayBuffer>} body
 *
 * @typedef {object} Lost Why there is no answer.
 * @property {string} code
 * @property {string} message
 * @property {boolean} sent Whether the question may have arrived.
 */

/** What waits longer than that waits for ever. */
const ANSWER_MS_MAX = 60_000;

/** @type {{ worker: Worker, port: import('node:worker_threads').MessagePort, signal: Int32Array } | undefined} */
let thread;

function started() {
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(new URL('./thread.js', import.meta.url), {
    workerData: { port: port2, signal },
    transferList: [port2],
    // None of what the program is run with: it is to start at once.
    execArgv: [],
    env: {},
  });
  // The program ends when it has nothing else to do.
  worker.unref();
  port.unref();
  return { worker, port, signal };
}

/**
 * The answer of whoever has the socket.
 *
 * @param {Question} question
 * @returns {Answer | Lost}
 */
export function ask(question) {
  const { worker, port, signal } = (thread ??= started());
  Atomics.store(signal, 0, 0);
  port.postMessage(question);
  if (Atomics.wait(signal, 0, 0, ANSWER_MS_MAX) === 'timed-out') {
    // An answer that comes yet is not that to the next question.
    thread = undefined;
    void worker.terminate();
    const message = `there is no answer within ${ANSWER_MS_MAX / 1000} s`;
    return { code: 'TIMEOUT', message, sent: true };
  }
  return receiveMessageOnPort(port)?.message;
}
