import { Namespace } from '#host/store.js';
import { reasonOf, refusalOf } from './failure.js';
import { parseJson } from './json.js';
import { decode, encode } from './text.js';

/** @import { StoreError } from 'larder:kv/store@0.1.0' */

const VALUE_BYTES_MAX = 102_400;
const LIST_KEYS_DEFAULT = 1000;
/** Most keys on a page of the store. */
const PAGE_KEYS_MAX = 1000;

/**
 * A binding as OpenWorkers has it: values are JSON and a listing is an array of names. See
 * README.md for what differs.
 */
export class OpenWorkersKV {
  #binding;
  /** @type {Namespace | undefined} */
  #opened;

  /** @param {string} binding */
  constructor(binding) {
    this.#binding = binding;
  }

  /** Lets go of the namespace; it is opened again when it is used again. */
  [Symbol.dispose]() {
    this.#opened?.[Symbol.dispose]();
    this.#opened = undefined;
  }

  /**
   * The value; null also when there is no such key, which `has` tells apart from a stored null.
   *
   * @param {string} key
   */
  async get(key) {
    const name = toKey(key);
    const value = this.#attempt('get', (namespace) => namespace.get(name));
    return value === undefined ? null : parseJson(decode(value));
  }

  /** @param {string} key */
  async has(key) {
    const name = toKey(key);
    return this.#attempt('has', (namespace) => namespace.head(name)) !== undefined;
  }

  /**
   * Replaces value and expiration: without `expiresIn`, in seconds, the key stays.
   *
   * @param {string} key
   * @param {unknown} value
   * @param {{ expiresIn?: number } | null} [options]
   */
  async put(key, value, options) {
    const name = toKey(key);
    const bytes = encode(toJson(value));
    const ttl = toCount('expiresIn', options?.expiresIn);
    if (bytes.length > VALUE_BYTES_MAX) {
      throw new Error(`Value too large: ${bytes.length} bytes (max ${VALUE_BYTES_MAX} bytes)`);
    }
    if (ttl === 0) {
      this.#attempt('put', (namespace) => namespace.put(name, bytes));
    } else {
      const expiration = /** @type {const} */ ({ tag: 'ttl', val: BigInt(ttl) });
      this.#attempt('put', (namespace) => namespace.putWith(name, bytes, { expiration }));
    }
  }

  /** @param {string} key */
  async delete(key) {
    const name = toKey(key);
    this.#attempt('delete', (namespace) => namespace.delete(name));
  }

  /**
   * The names of the keys in byte order.
   *
   * @param {{ prefix?: string, limit?: number } | null} [options]
   */
  async list(options) {
    const prefix = String(options?.prefix ?? '');
    const limit = toCount('limit', options?.limit) || LIST_KEYS_DEFAULT;
    /** @type {string[]} */
    const names = [];
    // No key has a lone surrogate; the store's bindings would put U+FFFD for one.
    if (!prefix.isWellFormed()) return names;
    /** @type {string | undefined} */
    let cursor;
    do {
      const asked = { prefix, cursor, limit: Math.min(limit - names.length, PAGE_KEYS_MAX) };
      const page = this.#attempt('list', (store) => store.list({ ...asked, reverse: false }));
      for (const { name } of page.keys) names.push(name);
      cursor = page.cursor;
    } while (cursor !== undefined && names.length < limit);
    return names;
  }

  /**
   * @template T
   * @param {string} method
   * @param {(namespace: Namespace) => T} act
   */
  #attempt(method, act) {
    try {
      return act((this.#opened ??= Namespace.open(this.#binding)));
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      throw new Error(this.#message(method, refusal), { cause: refusal });
    }
  }

  /**
   * @param {string} method
   * @param {StoreError} refusal
   */
  #message(method, refusal) {
    if (refusal.tag === 'no-such-binding') return `KV binding '${this.#binding}' not configured`;
    const [, reason] = reasonOf(refusal);
    return `KV ${method} failed: ${reason}`;
  }
}

/** @param {unknown} key */
function toKey(key) {
  const name = String(key);
  // The store's bindings would put U+FFFD for a lone surrogate, which is another key.
  if (!name.isWellFormed()) throw new TypeError('A key cannot hold a lone surrogate');
  return name;
}

/** @param {unknown} value */
function toJson(value) {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    throw new TypeError('Binary data is not supported: values are JSON');
  }
  const json = JSON.stringify(value ?? null);
  if (json !== undefined) return json;
  throw new TypeError(`A ${typeof value} is not supported: values are JSON`);
}

/**
 * A number of seconds or keys; 0 for none.
 *
 * @param {string} name
 * @param {unknown} value
 */
function toCount(name, value) {
  if (!value) return 0;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new TypeError(`${name} must be a whole number of at least 0, not ${String(value)}`);
}
