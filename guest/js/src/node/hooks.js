// Where Node.js finds what a component has from its host, and this package, which is the command's as
// when a component is built.

/** @type {Record<string, string>} */
const MODULES = {
  'cloudflare:workers': '../index.js',
  'larder-guest': '../index.js',
  'larder-guest/testing': './testing.js',
  'larder:kv/store@0.1.0': './store.js',
  'wasi:cli/environment@0.2.10': './environment.js',
};

/**
 * @param {string} specifier
 * @param {import('node:module').ResolveHookContext} context
 * @param {Parameters<import('node:module').ResolveHook>[2]} next
 */
export async function resolve(specifier, context, next) {
  const file = MODULES[specifier];
  if (file === undefined) return next(specifier, context);
  return { url: new URL(file, import.meta.url).href, shortCircuit: true };
}
