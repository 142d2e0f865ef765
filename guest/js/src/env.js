import { KVNamespace } from './kv-namespace.js';
import { OpenWorkersKV } from './openworkers.js';

/**
 * What `larder build` compiles in, from the config.
 *
 * @typedef {object} Settings
 * @property {Record<string, 'workers' | 'openworkers'>} [api] How a binding looks; `workers` when
 *   not said.
 * @property {number} [expirationTtlMin] The least TTL in seconds; 60 when not said.
 */

/**
 * The `env` of a Worker: every binding that the host granted, and every variable. A binding wins
 * over a variable of its name. Nothing is opened before it is used.
 *
 * @param {object} granted
 * @param {string[]} granted.bindings
 * @param {[name: string, value: string][]} granted.variables
 * @param {Settings} [settings]
 * @returns {Record<string, string | KVNamespace | OpenWorkersKV>}
 */
export function makeEnv({ bindings, variables }, { api = {}, expirationTtlMin } = {}) {
  const namespaces = bindings.map((name) => {
    const namespace =
      api[name] === 'openworkers'
        ? new OpenWorkersKV(name)
        : new KVNamespace(name, { expirationTtlMin });
    return /** @type {const} */ ([name, namespace]);
  });
  return Object.fromEntries([...variables, ...namespaces]);
}
