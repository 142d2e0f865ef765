// What `larder build` compiles in: how the bindings of this program behave.

/**
 * @typedef {object} Settings
 * @property {Record<string, 'workers' | 'openworkers'>} [api] The class of a binding; `workers` for others.
 * @property {number} [expirationTtlMin] The least `expirationTtl` in seconds; 60 as in Workers KV.
 * @property {string[]} [jsonVars] The variables that are no text, and come as JSON.
 * @property {boolean} [reused] Whether an instance answers several requests; it is built for that.
 */

/** @type {Settings} */
let settings = {};

/** @param {Settings} [given] */
export function configure(given = {}) {
  settings = given;
}

/** @returns {Required<Omit<Settings, 'reused'>>} */
export function configured() {
  return { api: {}, expirationTtlMin: 60, jsonVars: [], ...settings };
}
