// The socket of a store, and what may be wrong with it.

import { ask } from './connection.js';
import { fromJson, storeError, toJson } from './wire.js';

/** @import { StoreError } from 'larder:kv/store@0.1.0' */
/** @import { Answer, Lost } from './connection.js' */

/** What the store refused, as the bindings of a component throw it. */
export class Refusal extends Error {
  /** @param {StoreError} payload */
  constructor(payload) {
    const said = 'val' in payload && typeof payload.val === 'string' ? `: ${payload.val}` : '';
    super(`${payload.tag}${said}`);
    this.name = 'Refusal';
    /** @type {StoreError} */
    this.payload = payload;
  }
}

const HOW = 'run under `larder test`, for example `larder test -- npm test`';

/**
 * @typedef {object} Request
 * @property {string} method
 * @property {string} path Below `/larder/v1`.
 * @property {unknown} [json] What is sent, as JSON;
 * @property {Uint8Array} [bytes] or as it is.
 * @property {Record<string, string>} [headers]
 * @property {boolean} [writes] Whether it may have changed something when its answer is lost.
 */

/** The paths at which a store has answered. @type {Set<string>} */
const known = new Set();

export class Socket {
  /** @param {string} path */
  constructor(path) {
    this.path = path;
  }

  /** That of `LARDER_SOCKET`. */
  static ofEnvironment() {
    const path = process.env.LARDER_SOCKET;
    if (path) return new Socket(path);
    throw new Error(`there is no store here, as LARDER_SOCKET is not set: ${HOW}`);
  }

  /**
   * The answer, whatever its status.
   *
   * @param {Request} request
   * @returns {Answer}
   */
  send({ method, path, json, bytes, headers, writes = false }) {
    this.#meet();
    const body = json === undefined ? bytes : Buffer.from(toJson(json));
    /** @type {Record<string, string>} */
    const type = json === undefined ? {} : { 'content-type': 'application/json' };
    const asked = { method, path: `/larder/v1${path}`, headers: { ...type, ...headers }, body };
    const answer = ask({ socket: this.path, ...asked });
    if ('status' in answer) return answer;
    if (!answer.sent) throw this.#unreachable(answer);
    throw new Refusal({ tag: writes ? 'outcome-unknown' : 'unavailable' });
  }

  /**
   * The answer, when the store did what was asked. What it refused is thrown; an answer with one of
   * the codes that the caller knows is given back.
   *
   * @param {Request} request
   * @param {string[]} [codes]
   * @returns {{ answer: Answer, code?: undefined, error?: undefined } | { answer?: undefined, code: string, error: any }}
   */
  ask(request, codes = []) {
    const answer = this.send(request);
    if (answer.status < 300) return { answer };
    const error = this.#errorOf(answer);
    if (codes.includes(error.code)) return { code: error.code, error };
    const refusal = storeError(error);
    throw refusal === undefined ? this.#foreign(error.message) : new Refusal(refusal);
  }

  /** The answer as JSON. @param {Request} request @returns {any} */
  json(request) {
    const { answer } = this.ask(request);
    return answer && this.#parsed(answer);
  }

  /** The time of the store. */
  unixMs() {
    return Number(this.json({ method: 'GET', path: '/clock' }).now_ms);
  }

  /** Asks once who answers here. */
  #meet() {
    if (known.has(this.path)) return;
    const answer = ask({ socket: this.path, method: 'GET', path: '/larder/v1' });
    if (!('status' in answer)) throw this.#unreachable(answer);
    if (answer.status !== 200 || typeof this.#parsed(answer).for_tests !== 'boolean') {
      throw this.#foreign(`status ${answer.status}`);
    }
    known.add(this.path);
  }

  /** @param {Answer} answer */
  #errorOf(answer) {
    const { error } = this.#parsed(answer) ?? {};
    return typeof error?.code === 'string' ? error : { code: '', message: `status ${answer.status}` };
  }

  /** @param {Answer} answer */
  #parsed({ status, body }) {
    try {
      return fromJson(body) ?? {};
    } catch {
      throw this.#foreign(`status ${status}, without JSON`);
    }
  }

  /** @param {string} said */
  #foreign(said) {
    return new Error(`what answers at ${this.path} is no store of this version of larder: ${said}`);
  }

  /** @param {Lost} lost */
  #unreachable({ code, message }) {
    known.delete(this.path);
    const reason = REASONS[code] ?? message;
    return new Error(`the store at ${this.path} cannot be reached: ${reason}`);
  }
}

/** @type {Record<string, string>} */
const REASONS = {
  ECONNREFUSED: `nobody answers there any more; ${HOW}`,
  ENOENT: `there is no such socket; ${HOW}`,
  EACCES: 'this user may not connect to it',
  ENOTSOCK: `it is no socket; ${HOW}`,
};
