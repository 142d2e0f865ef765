// The thread that holds the connections, so that the one that asks can wait for an answer.

import { Agent, request } from 'node:http';
import { workerData } from 'node:worker_threads';

/** @import { Answer, Lost, Question } from './connection.js' */

/** One connection to each socket, kept for the next question. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const { port, signal } = workerData;

port.on('message', async (/** @type {Question} */ question) => {
  const answer = await ask(question).catch(lost);
  port.postMessage(answer, 'body' in answer ? [answer.body.buffer] : []);
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
});

/**
 * @param {Question} question
 * @returns {Promise<Answer>}
 */
function ask({ socket, method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': body.length };
    const options = { agent, socketPath: socket, method, path, headers: { ...headers, ...length } };
    const asked = request(options, (response) => {
      /** @type {Buffer[]} */
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', (error) => reject(withSent(error, true)));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: textsOf(response.headers), body: joined(pieces) });
      });
    });
    let connected = false;
    asked.on('socket', (connection) => {
      if (connection.connecting) connection.once('connect', () => (connected = true));
      else connected = true;
    });
    asked.on('error', (error) => reject(withSent(error, connected)));
    asked.end(body);
  });
}

/** @param {Error} error @param {boolean} sent Whether the question may have arrived. */
function withSent(error, sent) {
  return Object.assign(error, { sent });
}

/** @param {Error & { code?: string, sent?: boolean }} error @returns {Lost} */
function lost({ code = '', message, sent = false }) {
  return { code, message, sent };
}

/** @param {import('node:http').IncomingHttpHeaders} headers */
function textsOf(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** The bytes in a buffer of their own, which is handed over. @param {Buffer[]} pieces */
function joined(pieces) {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let next = 0;
  for (const piece of pieces) {
    bytes.set(piece, next);
    next += piece.length;
  }
  return bytes;
}
