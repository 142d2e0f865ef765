// A worker of its own for a test: `larder test` with a program that does no more than hold it open.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeEnv } from '../env.js';
import { Socket } from './socket.js';
import { Bound, bindingsOf } from './store.js';
import { TestStore } from './test-store.js';

/** @import { ChildProcessByStdio } from 'node:child_process' */
/** @import { Readable, Writable } from 'node:stream' */
/** @import { Settings } from '../settings.js' */

/** @typedef {ChildProcessByStdio<Writable, Readable, Readable>} Larder */
/** What the holder says. @typedef {{ socket: string, url?: string, project: { vars?: Record<string, string>, settings?: Settings } }} Started */

const HOLDER = fileURLToPath(new URL('./hold.js', import.meta.url));
/** How long the command may take to end when it is told to. */
const STOP_MS_MAX = 10_000;

/** @param {{ dir?: string, now?: Date | number }} [options] */
export async function startWorker({ dir = '.', now } = {}) {
  const directory = resolve(dir);
  if (!existsSync(directory)) throw new Error(`there is no directory ${directory} to start a worker in`);
  const larder = spawn(process.env.LARDER || 'larder', ['test', '--', process.execPath, HOLDER], {
    cwd: directory,
    env: { ...process.env, NODE_OPTIONS: '' },
    // When this process ends, in whatever way, so does the input of the holder.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { socket, url, project } = await started(larder, directory);
  if (url === undefined) {
    await stop(larder);
    throw new Error(`the project in ${directory} has no component that answers HTTP`);
  }
  return new Worker(larder, { socket: new Socket(socket), url, project, now });
}

class Worker {
  #larder;
  #store;
  #now;

  /**
   * @param {Larder} larder
   * @param {{ socket: Socket, url: string, project: Started['project'], now?: Date | number }} started
   */
  constructor(larder, { socket, url, project: { vars = {}, settings = {} }, now }) {
    this.#larder = larder;
    this.url = url;
    this.#store = new TestStore(socket);
    this.#now = now;
    this.clock = this.#store.clock;
    this.env = makeEnv({
      bindings: bindingsOf(socket).map((name) => /** @type {any} */ (new Bound(socket, name))),
      vars: Object.entries(vars),
      settings: { api: {}, expirationTtlMin: 60, ...settings },
    });
    this.#begin();
  }

  /**
   * @param {string | URL | Request} input
   * @param {RequestInit} [init]
   */
  fetch(input, init) {
    const asked = input instanceof Request ? input : undefined;
    const { pathname, search } = new URL(asked?.url ?? String(input), this.url);
    const url = new URL(pathname + search, this.url);
    if (asked === undefined) return fetch(url, init);
    // @ts-expect-error: a body that is a stream needs it, and the types of the web do not know it.
    return fetch(new Request(url, { ...requestInit(asked), duplex: 'half' }), init);
  }

  reset() {
    this.#store.reset();
    this.#begin();
  }

  /** Ends the worker and forgets its store. */
  async stop() {
    await stop(this.#larder);
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }

  #begin() {
    if (this.#now !== undefined) this.clock.set(this.#now);
  }
}

/** @param {Request} request @returns {RequestInit} */
function requestInit({ method, headers, body, redirect, signal }) {
  return { method, headers, body, redirect, signal };
}

/**
 * What the holder says when everything is there.
 *
 * @param {Larder} larder
 * @param {string} directory
 * @returns {Promise<Started>}
 */
function started(larder, directory) {
  return new Promise((resolve, reject) => {
    /** @type {string[]} */
    const said = [];
    let isStarted = false;
    larder.stderr.setEncoding('utf8').on('data', (text) => {
      if (isStarted) process.stderr.write(text);
      else said.push(text);
    });
    larder.on('error', (/** @type {NodeJS.ErrnoException} */ error) => reject(cannotRun(error)));
    larder.on('close', (code, signal) => {
      const how = code === null ? `was ended by ${signal}` : `ended with ${code}`;
      reject(new Error(`\`larder test\` in ${directory} ${how}:\n${said.join('').trimEnd()}`));
    });
    createInterface(larder.stdout).on('line', (line) => {
      const message = /^larder-guest: (.*)$/.exec(line)?.[1];
      if (message === undefined) return;
      isStarted = true;
      unref(larder);
      resolve(JSON.parse(message));
    });
    // One that has ended does not read.
    larder.stdin.on('error', () => {});
  });
}

/** @param {NodeJS.ErrnoException} error */
function cannotRun(error) {
  const command = process.env.LARDER || 'larder';
  const missing = 'there is no such command; set LARDER to its path, or add its directory to PATH';
  return new Error(`cannot run ${command}: ${error.code === 'ENOENT' ? missing : error.message}`);
}

/** A test that is done ends, also when it has stopped nothing. @param {Larder} larder */
function unref(larder) {
  larder.unref();
  for (const stream of [larder.stdin, larder.stdout, larder.stderr]) {
    /** @type {import('node:net').Socket} */ (/** @type {unknown} */ (stream)).unref();
  }
}

/** @param {Larder} larder @returns {Promise<void>} */
function stop(larder) {
  return new Promise((resolve) => {
    if (larder.exitCode !== null || larder.signalCode !== null) return resolve();
    larder.ref();
    const patience = setTimeout(() => larder.kill('SIGKILL'), STOP_MS_MAX);
    larder.once('exit', () => {
      clearTimeout(patience);
      resolve();
    });
    larder.stdin.end();
  });
}
