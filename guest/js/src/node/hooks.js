// Where Node.js finds what a component has from its host, and this package where a project has none.

/** @type {Record<string, string>} */
const HOST_MODULES = {
  'larder:kv/store@0.1.0': './store.js',
  'wasi:cli/environment@0.2.10': './environment.js',
  'cloudflare:workers': '../index.js',
};

/** @type {Record<string, string>} */
const PACKAGE_MODULES = {
  'larder-guest': '../index.js',
  'larder-guest/testing': './testing.js',
};

/**
 * @param {string} specifier
 * @param {import('node:module').ResolveHookContext} context
 * @param {Parameters<import('node:module').ResolveHook>[2]} next
 */
export async function resolve(specifier, context, next) {
  const host = HOST_MODULES[specifier];
  if (host !== undefined) return own(host);
  const file = PACKAGE_MODULES[specifier];
  if (file === undefined) return next(specifier, context);
  try {
    return await next(specifier, context);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return own(file);
  }
}

/** @param {string} file */
function own(file) {
  return { url: new URL(file, import.meta.url).href, shortCircuit: true };
}
