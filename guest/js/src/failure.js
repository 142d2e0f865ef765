// An operation that the store did not do, said as Workers says it: "KV PUT failed: 429 Too Many
// Requests".

/** @import { StoreError } from 'larder:kv/store@0.1.0' */
/** @typedef {'GET' | 'GET_BULK' | 'PUT' | 'DELETE'} Operation */

/**
 * @param {Operation} operation
 * @param {number} status
 * @param {string} reason
 * @param {StoreError} [cause] What the store said, for programs to decide by.
 */
export function failure(operation, status, reason, cause) {
  return new Error(`KV ${operation} failed: ${status} ${reason}`, cause && { cause });
}

/**
 * Does what the store may refuse.
 *
 * @template T
 * @param {Operation} operation
 * @param {() => T} act
 */
export function attempt(operation, act) {
  try {
    return act();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    throw failure(operation, ...reasonOf(refusal), refusal);
  }
}

/**
 * What the store said, if it was the store that failed.
 *
 * @param {unknown} error
 * @returns {StoreError | undefined}
 */
export function refusalOf(error) {
  return /** @type {{ payload?: StoreError } | undefined} */ (error)?.payload;
}

/**
 * @param {StoreError} refusal
 * @returns {[status: number, reason: string]}
 */
export function reasonOf(refusal) {
  switch (refusal.tag) {
    case 'no-such-binding':
      return [404, 'No namespace is bound under this name, or it has been deleted.'];
    case 'access-denied':
      return [403, 'The binding is read-only, or the host does not allow it.'];
    case 'invalid-argument':
      return [400, refusal.val];
    case 'too-large':
      return tooLarge(refusal.val);
    case 'quota-exceeded':
      return [507, QUOTAS[refusal.val]];
    case 'too-many-requests':
      return [429, 'Too Many Requests'];
    case 'not-a-counter':
      return [400, 'The value is not a counter.'];
    case 'unsupported':
      return [501, refusal.val];
    case 'unavailable':
      return [503, 'Service Unavailable'];
    case 'outcome-unknown':
      return [500, 'The write may have happened, or may yet: read the key to find out.'];
    case 'other':
      return [500, refusal.val];
  }
}

const QUOTAS = {
  keys: 'The namespace has as many keys as it may.',
  bytes: 'The namespace has as many bytes as it may.',
  store: 'The store has no room.',
};

/**
 * @param {{ of: 'key' | 'value' | 'metadata' | 'batch', bytes: bigint, bytesMax: bigint }} size
 * @returns {[status: number, reason: string]}
 */
function tooLarge({ of, bytes, bytesMax }) {
  switch (of) {
    case 'key':
      return [414, `UTF-8 encoded length of ${bytes} exceeds key length limit of ${bytesMax}.`];
    case 'value':
      return [413, `Value length of ${bytes} exceeds limit of ${bytesMax}.`];
    case 'metadata':
      return [413, `Metadata length of ${bytes} exceeds limit of ${bytesMax}.`];
    case 'batch':
      return [413, `Total size of request exceeds the limit of ${Number(bytesMax) / 2 ** 20}MB`];
  }
}
