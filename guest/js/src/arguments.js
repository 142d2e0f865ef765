// What Workers makes of the arguments of a call, before the call begins: its conversions, in its
// order, with its messages.

/** @param {string} method @param {number} position @param {string} type */
export function wrongType(method, position, type) {
  const call = `Failed to execute '${method}' on 'KvNamespace'`;
  return new TypeError(`${call}: parameter ${position} is not of type '${type}'.`);
}

/** @param {unknown} value */
export function toText(value) {
  // Without this the engine's own wording would come out.
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return String(value);
}

const INT32_MIN = -2147483648;
const INT32_MAX = 2147483647;

/**
 * Truncated; what is no number and what is infinite reads as 0.
 *
 * @param {any} value
 */
export function toInt32(value) {
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a number');
  if (typeof value === 'bigint') throw new TypeError('Cannot convert a BigInt value to a number');
  const number = +value;
  if (!Number.isFinite(number)) return 0;
  if (number < INT32_MIN || number > INT32_MAX) {
    throw new TypeError(
      `Value out of range. Must be between ${INT32_MIN} and ${INT32_MAX} (inclusive).`,
    );
  }
  return Math.trunc(number);
}

/**
 * @template T
 * @param {unknown} value
 * @param {(value: unknown) => T} convert
 */
function optional(value, convert) {
  return value === undefined ? undefined : convert(value);
}

/**
 * One key, or the keys of a bulk operation.
 *
 * @param {unknown} value
 */
export function toKeys(value) {
  if (!Array.isArray(value)) return toText(value);
  const keys = [];
  // Holes are undefined, as any other key that is not there.
  for (let index = 0; index < value.length; index++) {
    const key = value[index];
    keys[index] = typeof key === 'string' ? key : toText(key);
  }
  return keys;
}

/**
 * @param {any} value
 * @param {string} method
 * @param {number} position
 * @param {string} type
 * @returns {any}
 */
function toDictionary(value, method, position, type) {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' && typeof value !== 'function') {
    throw wrongType(method, position, type);
  }
  return value;
}

/**
 * A type alone, or options.
 *
 * @param {any} value
 * @returns {{ type?: string, cacheTtl?: number }}
 */
export function toGetOptions(value) {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' && typeof value !== 'function') return { type: toText(value) };
  return { type: optional(value.type, toText), cacheTtl: optional(value.cacheTtl, toInt32) };
}

/** @param {unknown} value */
export function toPutOptions(value) {
  const options = toDictionary(value, 'put', 3, 'PutOptions');
  return {
    expiration: optional(options.expiration, toInt32),
    expirationTtl: optional(options.expirationTtl, toInt32),
    metadata: /** @type {unknown} */ (options.metadata),
  };
}

/** @param {unknown} value */
export function toListOptions(value) {
  const options = toDictionary(value, 'list', 1, 'ListOptions');
  /** @param {unknown} text */
  const nullable = (text) => (text === null ? undefined : optional(text, toText));
  return {
    limit: optional(options.limit, toInt32),
    prefix: nullable(options.prefix),
    cursor: nullable(options.cursor),
  };
}
