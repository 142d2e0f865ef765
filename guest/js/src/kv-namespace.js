import { Namespace } from '#host/store.js';
import {
  toGetOptions,
  toKeys,
  toListOptions,
  toPutOptions,
  toText,
  wrongType,
} from './arguments.js';
import { startAfter } from './cursor.js';
import { attempt, refusalOf } from './failure.js';
import {
  TTL_MIN,
  checkBulkDelete,
  checkBulkGet,
  checkCacheTtl,
  checkKey,
  checkList,
  checkMetadata,
  checkWellFormed,
  expirationOf,
} from './rules.js';
import { openStream, putStream } from './streams.js';
import { decode } from './text.js';
import { bulkJson, bytesOf, checkBody, decoded, fromJson, isObject, toJson } from './values.js';

/** @import { KeyInfo, PutOptions } from 'larder:kv/store@0.1.0' */
/** @import { Operation } from './failure.js' */

/**
 * A binding as a Worker sees it: methods, conversions, limits, errors and their order are those of
 * Workers KV. See README.md for what differs.
 */
export class KVNamespace {
  #binding;
  #ttlMin;
  /** @type {Namespace | undefined} */
  #opened;

  /**
   * @param {string} binding
   * @param {{ expirationTtlMin?: number }} [settings] The least TTL in seconds, and the least time
   *   from now to an expiration; 60 in Workers.
   */
  constructor(binding, { expirationTtlMin = TTL_MIN } = {}) {
    this.#binding = binding;
    this.#ttlMin = expirationTtlMin;
  }

  /** Lets go of the namespace; it is opened again when it is used again. */
  [Symbol.dispose]() {
    this.#opened?.[Symbol.dispose]();
    this.#opened = undefined;
  }

  // As in Workers, what cannot be converted is thrown by `get` and `getWithMetadata` at once and
  // is a rejection of the others; hence only these two are not async.

  /**
   * @param {unknown} [key]
   * @param {unknown} [options]
   */
  get(key, options) {
    if (arguments.length === 0) throw wrongType('get', 1, 'string or Array');
    const keys = toKeys(key);
    const how = toGetOptions(options);
    return typeof keys === 'string' ? this.#getValue(keys, how) : this.#getBulk(keys, how, false);
  }

  /**
   * @param {unknown} [key]
   * @param {unknown} [options]
   */
  getWithMetadata(key, options) {
    if (arguments.length === 0) throw wrongType('getWithMetadata', 1, 'Array or string');
    const keys = toKeys(key);
    const how = toGetOptions(options);
    return typeof keys === 'string' ? this.#getEntry(keys, how) : this.#getBulk(keys, how, true);
  }

  /**
   * @param {unknown} [key]
   * @param {unknown} [value]
   * @param {unknown} [options]
   */
  async put(key, value, options) {
    if (arguments.length === 0) throw wrongType('put', 1, 'string');
    const name = toText(key);
    if (arguments.length === 1) throw wrongType('put', 2, 'string or JsObject');
    const body = isObject(value) ? value : toText(value);
    const { expiration, expirationTtl, metadata } = toPutOptions(options);

    checkKey('PUT', name);
    const metadataJson = toJson(metadata);
    if (isObject(body)) checkBody(body);
    checkWellFormed('PUT', name);
    /** @type {PutOptions} */
    const stored = {
      expiration: expirationOf({ expiration, expirationTtl }, this.#ttlMin, this.#binding),
      metadata: metadataJson,
    };
    checkMetadata(metadataJson);
    if (body instanceof ReadableStream) {
      await putStream(this.#namespace('PUT'), name, body, stored);
    } else {
      this.#putBytes(name, bytesOf(body), stored);
    }
  }

  /** @param {unknown} [key] */
  async delete(key) {
    if (arguments.length === 0) throw wrongType('delete', 1, 'string');
    const name = toText(key);
    checkKey('DELETE', name);
    checkWellFormed('DELETE', name);
    const namespace = this.#namespace('DELETE');
    attempt('DELETE', () => namespace.delete(name));
  }

  /**
   * Deletes up to 100 keys, all of them or, when anything fails, none.
   *
   * @param {unknown} [keys]
   */
  async deleteBulk(keys) {
    if (arguments.length === 0) throw wrongType('deleteBulk', 1, 'string or Array');
    const names = [toKeys(keys)].flat();
    checkBulkDelete(names);
    if (names.length === 0) return;
    const namespace = this.#namespace('DELETE');
    const operations = names.map((val) => /** @type {const} */ ({ tag: 'delete', val }));
    attempt('DELETE', () => namespace.commit([], operations));
  }

  /** @param {unknown} [options] */
  async list(options) {
    const { limit = 0, prefix = '', cursor } = toListOptions(options);
    checkList({ limit, prefix });
    // No key has a lone surrogate; its bindings would put U+FFFD for one.
    if (!prefix.isWellFormed()) return page([], undefined);
    const wanted = { reverse: false, prefix, limit: limit > 0 ? limit : undefined };
    const namespace = this.#namespace('GET');
    const { keys, cursor: next } = attempt('GET', () => {
      try {
        return namespace.list({ ...wanted, cursor });
      } catch (error) {
        // The rest is legal, as checked above; so it is the cursor that is not the store's.
        if (cursor === undefined || refusalOf(error)?.tag !== 'invalid-argument') throw error;
        return namespace.list({ ...wanted, start: startAfter(cursor) });
      }
    });
    return page(keys.map(row), next);
  }

  /** @param {Operation} operation */
  #namespace(operation) {
    return (this.#opened ??= attempt(operation, () => Namespace.open(this.#binding)));
  }

  /**
   * @param {string} key
   * @param {{ type?: string, cacheTtl?: number }} options
   */
  async #getValue(key, { type = 'text', cacheTtl }) {
    checkKey('GET', key);
    checkWellFormed('GET', key);
    checkCacheTtl('GET', cacheTtl);
    const namespace = this.#namespace('GET');
    if (type === 'stream') return openStream(namespace, key)?.stream ?? null;
    const value = attempt('GET', () => namespace.get(key));
    return value === undefined ? null : decoded(value, type);
  }

  /**
   * @param {string} key
   * @param {{ type?: string, cacheTtl?: number }} options
   */
  async #getEntry(key, { type = 'text', cacheTtl }) {
    checkKey('GET', key);
    checkWellFormed('GET', key);
    checkCacheTtl('GET', cacheTtl);
    const namespace = this.#namespace('GET');
    if (type === 'stream') {
      const { stream = null, metadata } = openStream(namespace, key) ?? {};
      return { value: stream, metadata: fromJson(metadata), cacheStatus: null };
    }
    const entry = attempt('GET', () => namespace.getEntry(key));
    if (entry === undefined) return { value: null, metadata: null, cacheStatus: null };
    const value = decoded(entry.value, type);
    return { value, metadata: fromJson(entry.metadata), cacheStatus: null };
  }

  /**
   * @param {string[]} keys
   * @param {{ type?: string, cacheTtl?: number }} options
   * @param {boolean} withMetadata
   */
  async #getBulk(keys, options, withMetadata) {
    checkBulkGet(keys, options);
    const namespace = this.#namespace('GET_BULK');
    const entries = attempt('GET_BULK', () => namespace.getMany(keys));
    const read = options.type === 'json' ? bulkJson : decode;
    const answers = new Map();
    // In the engine, an iterator takes longer for each key than all the rest of the loop.
    for (let index = 0; index < keys.length; index++) {
      const entry = entries[index];
      const value = entry === undefined ? null : read(entry.value);
      const isRich = withMetadata && entry !== undefined;
      answers.set(keys[index], isRich ? { value, metadata: fromJson(entry.metadata) } : value);
    }
    return answers;
  }

  /**
   * Before it returns: the bytes are the caller's to change.
   *
   * @param {string} key
   * @param {Uint8Array} bytes
   * @param {PutOptions} options
   */
  #putBytes(key, bytes, options) {
    const namespace = this.#namespace('PUT');
    if (options.expiration === undefined && options.metadata === undefined) {
      attempt('PUT', () => namespace.put(key, bytes));
    } else {
      attempt('PUT', () => namespace.putWith(key, bytes, options));
    }
  }
}

/** @param {KeyInfo} key */
function row({ name, expiration, metadata }) {
  /** @type {{ name: string, expiration?: number, metadata?: unknown }} */
  const row = { name };
  if (expiration !== undefined) row.expiration = Number(expiration);
  if (metadata !== undefined) row.metadata = fromJson(metadata);
  return row;
}

/**
 * @param {ReturnType<typeof row>[]} keys
 * @param {string | undefined} cursor
 */
function page(keys, cursor) {
  if (cursor === undefined) return { keys, list_complete: true, cacheStatus: null };
  return { keys, list_complete: false, cursor, cacheStatus: null };
}
