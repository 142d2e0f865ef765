// The rules that are Workers', not the store's: developers.cloudflare.com/kv/platform/limits and,
// for the messages, what its local simulator answers.

import { unixMs } from '#host/clock.js';
import { failure } from './failure.js';
import { exceeds, utf8Length } from './text.js';

/** @import { Operation } from './failure.js' */

const KEY_BYTES_MAX = 512;
const METADATA_BYTES_MAX = 1024;
const CACHE_TTL_MIN = 30;
/** The least TTL in seconds, and the least time from now to an expiration. */
export const TTL_MIN = 60;
const LIST_KEYS_MAX = 1000;
const BULK_GET_KEYS_MAX = 100;
const BULK_DELETE_KEYS_MAX = 100;
export const VALUE_BYTES_MAX = 26_214_400;

/**
 * @param {Operation} operation
 * @param {string} key
 */
export function checkKey(operation, key) {
  if (isPlain(key)) return;
  if (key === '') throw new TypeError('Key name cannot be empty.');
  if (isReserved(key)) throw new TypeError(`"${key}" is not allowed as a key name.`);
  checkLength(operation, key);
}

/**
 * Refuses a lone surrogate, for which the store's bindings would put U+FFFD, which is another key.
 * Workers leaves that to the store.
 *
 * @param {Operation} operation
 * @param {string} key
 */
export function checkWellFormed(operation, key) {
  if (!key.isWellFormed()) throw failure(operation, 400, 'Could not URL-decode key name');
}

/**
 * The same for a key among several, which Workers leaves to the store, in the store's words.
 *
 * @param {Operation} operation
 * @param {string} key
 */
function checkBulkKey(operation, key) {
  if (key === '') throw failure(operation, 400, 'Key names must not be empty');
  if (isReserved(key)) {
    throw failure(operation, 400, `Illegal key name "${key}". Please use a different name.`);
  }
  checkLength(operation, key);
  checkWellFormed(operation, key);
}

/**
 * Whether a key is neither empty, reserved nor too long, as is seen by its length alone.
 *
 * @param {string} key
 */
function isPlain(key) {
  return key.length > '..'.length && key.length * 3 <= KEY_BYTES_MAX;
}

/** @param {string} key */
function isReserved(key) {
  return key === '.' || key === '..';
}

/**
 * @param {Operation} operation
 * @param {string} text
 */
function checkLength(operation, text) {
  if (!exceeds(text, KEY_BYTES_MAX)) return;
  const bytes = utf8Length(text);
  const reason = `UTF-8 encoded length of ${bytes} exceeds key length limit of ${KEY_BYTES_MAX}.`;
  throw failure(operation, 414, reason);
}

/**
 * There is no cache whose time this would be: it is checked and has no effect.
 *
 * @param {Operation} operation
 * @param {number} [cacheTtl]
 */
export function checkCacheTtl(operation, cacheTtl) {
  if (cacheTtl === undefined || cacheTtl >= CACHE_TTL_MIN) return;
  const reason = `Invalid cache_ttl of ${cacheTtl}. Cache TTL must be at least ${CACHE_TTL_MIN}.`;
  throw failure(operation, 400, reason);
}

/**
 * @param {string[]} keys
 * @param {{ type?: string, cacheTtl?: number }} options
 */
export function checkBulkGet(keys, { type, cacheTtl }) {
  /** @param {string} reason */
  const refused = (reason) => failure('GET_BULK', 400, reason);
  if (type && type !== 'text' && type !== 'json') {
    throw refused(`"${type}" is not a valid type. Use "json" or "text"`);
  }
  if (keys.length > BULK_GET_KEYS_MAX) {
    throw refused(`You can request a maximum of ${BULK_GET_KEYS_MAX} keys`);
  }
  const [first] = keys;
  if (first === undefined) throw refused('You must request a minimum of 1 key');
  checkBulkKey('GET_BULK', first);
  checkCacheTtl('GET_BULK', cacheTtl);
  // Most keys are plainly good; the checks of each take as long as the rest of reading it.
  if (keys.every(isPlain) && keys.join('\n').isWellFormed()) return;
  for (const key of keys) checkBulkKey('GET_BULK', key);
}

/** @param {string[]} keys */
export function checkBulkDelete(keys) {
  if (keys.length > BULK_DELETE_KEYS_MAX) {
    const reason = `You can delete maximum of ${BULK_DELETE_KEYS_MAX} keys per request`;
    throw failure('DELETE', 400, reason);
  }
  for (const key of keys) checkBulkKey('DELETE', key);
}

/**
 * When a key is to end. Workers counts from the last whole second; a TTL below its minimum, which
 * is not Workers', is exact, lest one second end before the write.
 *
 * @param {{ expiration?: number, expirationTtl?: number }} options
 * @param {number} ttlMin
 * @param {string} binding That of the store whose time it is.
 * @returns {import('larder:kv/store@0.1.0').Expiration | undefined}
 */
export function expirationOf({ expiration, expirationTtl }, ttlMin, binding) {
  if (expirationTtl !== undefined) {
    checkTtl(expirationTtl, ttlMin);
    if (expirationTtl < TTL_MIN) return { tag: 'ttl', val: BigInt(expirationTtl) };
    return { tag: 'at', val: BigInt(unixSeconds(binding) + expirationTtl) };
  }
  if (expiration === undefined) return undefined;
  checkExpiration(expiration, unixSeconds(binding), ttlMin);
  return { tag: 'at', val: BigInt(expiration) };
}

/** @param {string} binding */
function unixSeconds(binding) {
  return Math.floor(unixMs(binding) / 1000);
}

/**
 * @param {number} ttl
 * @param {number} ttlMin
 */
function checkTtl(ttl, ttlMin) {
  /** @param {string} rule */
  const refused = (rule) => failure('PUT', 400, `Invalid expiration_ttl of ${ttl}. ${rule}`);
  if (ttl <= 0) throw refused('Please specify integer greater than 0.');
  if (ttl < ttlMin) throw refused(`Expiration TTL must be at least ${ttlMin}.`);
}

/**
 * @param {number} expiration
 * @param {number} now
 * @param {number} ttlMin
 */
function checkExpiration(expiration, now, ttlMin) {
  /** @param {string} rule */
  const refused = (rule) => failure('PUT', 400, `Invalid expiration of ${expiration}. ${rule}`);
  if (expiration <= now) {
    throw refused(
      'Please specify integer greater than the current number of seconds since the UNIX epoch.',
    );
  }
  if (expiration < now + ttlMin) {
    throw refused(`Expiration times must be at least ${ttlMin} seconds in the future.`);
  }
}

/** @param {string} [metadata] */
export function checkMetadata(metadata) {
  if (metadata === undefined || !exceeds(metadata, METADATA_BYTES_MAX)) return;
  const bytes = utf8Length(metadata);
  const reason = `Metadata length of ${bytes} exceeds limit of ${METADATA_BYTES_MAX}.`;
  throw failure('PUT', 413, reason);
}

/** @param {number} bytes */
export function checkValueLength(bytes) {
  if (bytes <= VALUE_BYTES_MAX) return;
  throw failure('PUT', 413, `Value length of ${bytes} exceeds limit of ${VALUE_BYTES_MAX}.`);
}

/** @param {{ limit?: number, prefix?: string }} options */
export function checkList({ limit = 0, prefix = '' }) {
  if (limit > LIST_KEYS_MAX) {
    const rule = `Please specify an integer less than ${LIST_KEYS_MAX}.`;
    throw failure('GET', 400, `Invalid key_count_limit of ${limit}. ${rule}`);
  }
  checkLength('GET', prefix);
}
