import { KVNamespace } from './kv-namespace.js';
import { OpenWorkersKV } from './openworkers.js';

/** @import { Settings } from './settings.js' */

/**
 * The `env` of a Worker: every binding that the host granted, and every variable, as text or as the
 * value whose JSON it is. A binding wins over a variable of its name. Nothing is opened before it is
 * used.
 *
 * @param {object} granted
 * @param {string[]} granted.bindings
 * @param {[name: string, value: string][]} granted.vars
 * @param {Settings} granted.settings
 * @returns {Record<string, unknown>}
 */
export function makeEnv({ bindings, vars, settings: { api = {}, expirationTtlMin, jsonVars = [] } }) {
  const variables = vars.map(([name, text]) => [name, jsonVars.includes(name) ? valueOf(text) : text]);
  const namespaces = bindings.map((name) => {
    const namespace =
      api[name] === 'openworkers'
        ? new OpenWorkersKV(name)
        : new KVNamespace(name, { expirationTtlMin });
    return /** @type {const} */ ([name, namespace]);
  });
  return Object.fromEntries([...variables, ...namespaces]);
}

/**
 * What is JSON when it is built may be given any other text when it is served.
 *
 * @param {string} text
 */
function valueOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
