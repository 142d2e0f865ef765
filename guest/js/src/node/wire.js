// What goes over the socket, as host/server/README.md says it: the values of the bindings as JSON,
// queries and headers, and back.

/** @import { Check, Condition, Entry, Expiration, KeyInfo, Operation, StoreError } from 'larder:kv/store@0.1.0' */

/** Text as it can be said in UTF-8: bindings put U+FFFD for a lone surrogate. @param {unknown} value */
export function toText(value) {
  return String(value).toWellFormed();
}

/**
 * JSON in which integers of 64 bits are exact.
 *
 * @param {any} value
 * @returns {string}
 */
export function toJson(value) {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return JSON.stringify(toText(value));
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${toJson(field)}`).join(',')}}`;
}

/** A time in seconds may have more digits than a number of JavaScript holds. */
const LONG_EXPIRATION = /"expiration":\s*(\d{16,})/g;

/** @param {Uint8Array} bytes @returns {any} */
export function fromJson(bytes) {
  const text = new TextDecoder().decode(bytes);
  return JSON.parse(text.replace(LONG_EXPIRATION, '"expiration":"$1"'));
}

/** @param {Record<string, unknown>} fields Those that are undefined are left out. */
export function toQuery(fields) {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const pairs = given.map(([name, value]) => `${name}=${encodeURIComponent(toText(value))}`);
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** @param {string} text */
function bytesFromBase64(text) {
  // Not of the pool that buffers share.
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

/** @param {string} text */
export function textToBase64(text) {
  return Buffer.from(toText(text)).toString('base64');
}

/** @param {string} text */
export function textFromBase64(text) {
  return Buffer.from(text, 'base64').toString();
}

const EXPIRATIONS = /** @type {const} */ ({ ttl: 'ttl', 'ttl-ms': 'ttl_ms', at: 'at' });

/** @param {Expiration | undefined} expiration */
export function toExpiration(expiration) {
  return expiration && { [EXPIRATIONS[expiration.tag]]: BigInt(expiration.val) };
}

/** @param {Condition | undefined} condition */
export function toCondition(condition) {
  return condition?.tag === 'version' ? String(condition.val) : condition?.tag;
}

/** @param {Check} check */
export function toCheck({ key, condition }) {
  return { key, if: toCondition(condition) };
}

/** @param {Operation} operation */
export function toOperation(operation) {
  switch (operation.tag) {
    case 'put': {
      const { key, value, expiration, metadata } = operation.val;
      const put = { key, value_base64: toBase64(value), expiration: toExpiration(expiration), metadata };
      return { put };
    }
    case 'delete':
      return { delete: { key: operation.val } };
    case 'increment': {
      const { key, delta, expiration } = operation.val;
      return { increment: { key, delta: String(delta), expiration: toExpiration(expiration) } };
    }
    case 'expire': {
      const { key, expiration } = operation.val;
      return { expire: { key, expiration: toExpiration(expiration) ?? null } };
    }
  }
}

/** @param {string | number | null | undefined} value */
export function toBigInt(value) {
  return value === undefined || value === null ? undefined : BigInt(value);
}

/** @param {any} key @returns {KeyInfo} */
export function keyInfo({ name, expiration, metadata, version, size }) {
  return { name, expiration: toBigInt(expiration), metadata, version: BigInt(version), size: BigInt(size) };
}

/** @param {any} entry @returns {Entry | undefined} */
export function entry(entry) {
  if (entry === null) return undefined;
  const { value_base64, expiration, metadata, version } = entry;
  const value = bytesFromBase64(value_base64);
  return { value, expiration: toBigInt(expiration), metadata, version: BigInt(version) };
}

/** What the headers of an answer say of a key. @param {Record<string, string>} headers */
export function fromHeaders(headers) {
  const metadata = headers['larder-metadata'];
  return {
    expiration: toBigInt(headers['larder-expiration']),
    metadata: metadata === undefined ? undefined : textFromBase64(metadata),
    version: BigInt(/** @type {string} */ (headers['larder-version'])),
  };
}

/**
 * The error of the contract; none for what is no case of it.
 *
 * @param {any} error
 * @returns {StoreError | undefined}
 */
export function storeError({ code, message, of, bytes, bytes_max, retry_ms }) {
  switch (code) {
    case 'no-such-binding':
    case 'access-denied':
    case 'not-a-counter':
    case 'unavailable':
    case 'outcome-unknown':
      return { tag: code };
    case 'invalid-argument':
    case 'unsupported':
    case 'other':
      return { tag: code, val: message };
    case 'too-large':
      return { tag: code, val: { of, bytes: BigInt(bytes), bytesMax: BigInt(bytes_max) } };
    case 'quota-exceeded':
      return { tag: code, val: of };
    case 'too-many-requests':
      return { tag: code, val: retry_ms };
    case 'no-such-handle':
      return { tag: 'unavailable' };
    default:
      return undefined;
  }
}
