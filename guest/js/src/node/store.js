// `larder:kv/store@0.1.0` in Node.js: what a component's host gives it, by the socket of a store.

import { Refusal, Socket } from './socket.js';
import {
  entry,
  fromHeaders,
  fromJson,
  keyInfo,
  textToBase64,
  toBigInt,
  toCheck,
  toCondition,
  toExpiration,
  toOperation,
  toQuery,
  toText,
} from './wire.js';

/**
 * @import {
 *   Check, CommitOutcome, Condition, Counter, DeleteOutcome, Entry, Expiration, KeyInfo, ListOptions,
 *   ListPage, Operation, PutOptions, Version, WriteOutcome,
 * } from 'larder:kv/store@0.1.0'
 */
/** @import { Request } from './socket.js' */

/** What of a text there is room for in the head of a request; more than a key or metadata may have. */
const TEXT_LENGTH_MAX = 4096;

/** A binding of another store than that of `LARDER_SOCKET`; it is opened as its name is. */
export class Bound {
  #name;

  /** @param {Socket} socket @param {string} name */
  constructor(socket, name) {
    this.socket = socket;
    this.#name = name;
  }

  toString() {
    return this.#name;
  }
}

/** The store of a binding. @param {string | Bound} binding */
export function socketOf(binding) {
  return binding instanceof Bound ? binding.socket : Socket.ofEnvironment();
}

/** @returns {string[]} */
export function bindings() {
  return bindingsOf(Socket.ofEnvironment());
}

/** @param {Socket} socket @returns {string[]} */
export function bindingsOf(socket) {
  return socket.json({ method: 'GET', path: '/bindings' }).bindings;
}

export class Namespace {
  #socket;
  #path;

  /** @param {Socket} socket @param {string} binding */
  constructor(socket, binding) {
    this.#socket = socket;
    this.#path = `/bindings/${encodeURIComponent(binding)}`;
  }

  /** @param {string | Bound} binding */
  static open(binding) {
    const socket = socketOf(binding);
    const name = toText(binding);
    if (!bindingsOf(socket).includes(name)) throw new Refusal({ tag: 'no-such-binding' });
    return new Namespace(socket, name);
  }

  /** @param {string} key */
  get(key) {
    return this.getEntry(key)?.value;
  }

  /** @param {string} key @returns {Entry | undefined} */
  getEntry(key) {
    const request = { method: 'GET', path: this.#keyPath(key) };
    const { answer } = this.#socket.ask(request, ['no-such-key']);
    return answer && { value: answer.body, ...fromHeaders(answer.headers) };
  }

  /** @param {string[]} keys @returns {(Entry | undefined)[]} */
  getMany(keys) {
    return this.#json('get-many', { keys }, false).entries.map(entry);
  }

  /** @param {string} key @returns {KeyInfo | undefined} */
  head(key) {
    const name = toText(key);
    const { status, headers } = this.#socket.send({ method: 'HEAD', path: this.#keyPath(key) });
    if (status === 200) {
      return { name, size: BigInt(headers['content-length'] ?? 0), ...fromHeaders(headers) };
    }
    // An answer to HEAD cannot say why.
    const found = this.getEntry(key);
    if (found === undefined) return undefined;
    const { value, ...info } = found;
    return { name, size: BigInt(value.length), ...info };
  }

  /** @param {string} key @param {Uint8Array} value @returns {Version} */
  put(key, value) {
    const outcome = this.putWith(key, value, {});
    return /** @type {Version} */ (outcome.val);
  }

  /** @param {string} key @param {Uint8Array} value @param {PutOptions} options @returns {WriteOutcome} */
  putWith(key, value, { expiration, metadata, condition }) {
    const query = toQuery({ ...toExpiration(expiration), if: toCondition(condition) });
    // Metadata that is longer is refused, in the store's words.
    if ((metadata ?? '').length > TEXT_LENGTH_MAX) this.openWriter(key, { metadata })[Symbol.dispose]();
    return written(this.#socket, {
      method: 'PUT',
      path: this.#keyPath(key) + query,
      bytes: value,
      headers: metadata === undefined ? {} : { 'larder-metadata': textToBase64(metadata) },
      writes: true,
    });
  }

  /** @param {string} key @returns {boolean} */
  delete(key) {
    return this.#socket.json({ method: 'DELETE', path: this.#keyPath(key), writes: true }).deleted;
  }

  /** @param {string} key @param {Version} version @returns {DeleteOutcome} */
  deleteIf(key, version) {
    const path = this.#keyPath(key) + toQuery({ if: version });
    const { answer, error } = this.#socket.ask({ method: 'DELETE', path, writes: true }, ['conflict']);
    return answer ? { tag: 'deleted' } : { tag: 'conflict', val: toBigInt(error.found) };
  }

  /** @param {string} key @param {Expiration} [expiration] @returns {Version | undefined} */
  expire(key, expiration) {
    const { version } = this.#json('expire', { key, expiration: toExpiration(expiration) ?? null });
    return toBigInt(version);
  }

  /** @param {string} key @param {bigint} delta @param {Expiration} [expiration] @returns {Counter} */
  increment(key, delta, expiration) {
    const asked = { key, delta: String(delta), expiration: toExpiration(expiration) };
    const counter = this.#json('increment', asked);
    return {
      value: BigInt(counter.value),
      expiration: toBigInt(counter.expiration),
      version: BigInt(counter.version),
    };
  }

  /** @param {ListOptions} options @returns {ListPage} */
  list({ prefix, start, end, reverse, limit, cursor }) {
    // In a path there is no room for every text that is a bound.
    const page = this.#json('keys', { prefix, start, end, reverse, limit, cursor }, false);
    return { keys: page.keys.map(keyInfo), cursor: page.cursor ?? undefined };
  }

  /** @param {Check[]} checks @param {Operation[]} operations @returns {CommitOutcome} */
  commit(checks, operations) {
    const json = { checks: checks.map(toCheck), operations: operations.map(toOperation) };
    const request = { method: 'POST', path: `${this.#path}/commit`, json, writes: true };
    const { answer, error } = this.#socket.ask(request, ['conflict']);
    if (!answer) return { tag: 'conflict', val: Number(error.check) };
    const { version, counters } = fromJson(answer.body);
    const val = { version: BigInt(version), counters: BigInt64Array.from(counters, BigInt) };
    return { tag: 'committed', val };
  }

  /** @param {string} key */
  openReader(key) {
    const request = { method: 'POST', path: `${this.#path}/readers`, json: { key } };
    const { answer } = this.#socket.ask(request, ['no-such-key']);
    if (!answer) return undefined;
    const { reader, info } = fromJson(answer.body);
    return new Reader(this.#socket, reader, keyInfo(info));
  }

  /** @param {string} key @param {PutOptions} options */
  openWriter(key, { expiration, metadata, condition }) {
    const json = { key, expiration: toExpiration(expiration), metadata, if: toCondition(condition) };
    return new Writer(this.#socket, this.#json('writers', json, false).writer);
  }

  /** There is nothing to let go of: the store knows a namespace by its name. */
  [Symbol.dispose]() {}

  /** @param {string} key */
  #keyPath(key) {
    // A key that is longer is refused, in the store's words.
    if (key.length > TEXT_LENGTH_MAX) this.getMany([key]);
    // A path of dots alone would be another.
    return `${this.#path}/values/${encodeURIComponent(toText(key)).replaceAll('.', '%2E')}`;
  }

  /** @param {string} operation @param {object} json */
  #json(operation, json, writes = true) {
    return this.#socket.json({ method: 'POST', path: `${this.#path}/${operation}`, json, writes });
  }
}

/** @param {Socket} socket @param {Request} request @returns {WriteOutcome} */
function written(socket, request) {
  const { answer, error } = socket.ask(request, ['conflict']);
  if (!answer) return { tag: 'conflict', val: toBigInt(error.found) };
  return { tag: 'written', val: BigInt(fromJson(answer.body).version) };
}

export class Reader {
  #socket;
  #path;
  #info;

  /** @param {Socket} socket @param {string} id @param {KeyInfo} info */
  constructor(socket, id, info) {
    this.#socket = socket;
    this.#path = `/readers/${id}`;
    this.#info = info;
  }

  info() {
    return this.#info;
  }

  /** @param {bigint} offset @param {number} max */
  read(offset, max) {
    const path = this.#path + toQuery({ offset, max });
    const { answer } = this.#socket.ask({ method: 'GET', path });
    return /** @type {import('./connection.js').Answer} */ (answer).body;
  }

  [Symbol.dispose]() {
    letGo(this.#socket, this.#path);
  }
}

export class Writer {
  #socket;
  #path;
  #finished = false;

  /** @param {Socket} socket @param {string} id */
  constructor(socket, id) {
    this.#socket = socket;
    this.#path = `/writers/${id}`;
  }

  /** @param {Uint8Array} chunk */
  write(chunk) {
    this.#socket.ask({ method: 'POST', path: this.#path, bytes: chunk });
  }

  /** @param {Writer} writer @returns {WriteOutcome} */
  static finish(writer) {
    writer.#finished = true;
    const request = { method: 'POST', path: `${writer.#path}/finish`, writes: true };
    return written(writer.#socket, request);
  }

  [Symbol.dispose]() {
    if (!this.#finished) letGo(this.#socket, this.#path);
  }
}

/** Closes a handle of the store; one that is gone already needs none. @param {Socket} socket @param {string} path */
function letGo(socket, path) {
  try {
    socket.send({ method: 'DELETE', path });
  } catch {
    // Nobody can hear of it here, and the store lets go of it by itself.
  }
}
