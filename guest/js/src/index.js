export { makeEnv } from './env.js';
export { KVNamespace } from './kv-namespace.js';
export { OpenWorkersKV } from './openworkers.js';
