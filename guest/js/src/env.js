import { KVNamespace } from './kv-namespace.js';
import { OpenWorkersKV } from './openworkers.js';

/** @import { Settings } from './settings.js' */

/**
 * The `env` of a Worker: every binding that the host granted, and every variable. A binding wins
 * over a variable of its name. Nothing is opened before it is used.
 *
 * @param {object} granted
 * @param {string[]} granted.bindings
 * @param {[name: string, value: string][]} granted.vars
 * @param {Settings} granted.settings
 * @returns {Record<string, string | KVNamespace | OpenWorkersKV>}
 */
export function makeEnv({ bindings, vars, settings: { api = {}, expirationTtlMin } }) {
  const namespaces = bindings.map((name) => {
    const namespace =
      api[name] === 'openworkers'
        ? new OpenWorkersKV(name)
        : new KVNamespace(name, { expirationTtlMin });
    return /** @type {const} */ ([name, namespace]);
  });
  return Object.fromEntries([...vars, ...namespaces]);
}
