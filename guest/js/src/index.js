// What a program may import: its bindings and variables, and the classes of bindings.

import { bindings } from '#host/store.js';
import { getEnvironment } from '#host/environment.js';
import { makeEnv } from './env.js';
import { configured } from './settings.js';

export { KVNamespace } from './kv-namespace.js';
export { OpenWorkersKV } from './openworkers.js';

let made;

/** Every binding that the host granted and every variable. Asked for once, at the first use. */
export function environment() {
  made ??= makeEnv({ bindings: bindings(), vars: getEnvironment(), settings: configured() });
  return made;
}

/**
 * The same as an object to import: also at the top of a module, where the host cannot be asked yet.
 */
export const env = new Proxy(
  {},
  {
    get: (_, name) => environment()[name],
    has: (_, name) => name in environment(),
    ownKeys: () => Reflect.ownKeys(environment()),
    getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(environment(), name),
  },
);
