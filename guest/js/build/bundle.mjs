import { builtinModules } from 'node:module';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const SDK = dirname(dirname(fileURLToPath(import.meta.url)));

/** What a worker may import from its host, and what is in it. */
const HOST_MODULES = {
  'larder:kv/store@0.1.0': ['Namespace', 'Reader', 'Writer', 'bindings'],
  'wasi:cli/environment@0.2.10': ['getArguments', 'getEnvironment', 'initialCwd'],
};

/** The modules of this package, by the names that a program imports them by. */
const PACKAGE_MODULES = {
  'larder-guest': 'index.js',
  'larder-guest/engine': 'engine.js',
  'larder-guest/settings': 'settings.js',
  'larder-guest/worker': 'worker.js',
  'cloudflare:workers': 'index.js',
};

/**
 * The worker as a script that leaves it where the engine looks. In an async function, so that it
 * may `await` at its top level as a module may.
 */
export async function bundleForDev({ directory, file, settings }) {
  const entry = `import * as worker from ${specifier(file)};
    globalThis[Symbol.for('larder.worker')] = { worker, settings: ${JSON.stringify(settings)} };`;
  const { code, map } = await bundle({ directory, entry, plugins: [packageModules, hostModulesOfEngine] });
  return `(async () => { 'use strict';\n${mapStatement({ ...map, lines: 2, script: true })}\n${code}\n})()`;
}

/** The worker with the runtime, as the module of a component; and its map. */
export async function bundleForBuild({ directory, file, settings, world, backend }) {
  const plain = `import { configure } from 'larder-guest/settings';
    export * from ${specifier(file)};
    configure(${JSON.stringify(settings)});`;
  const http = `import * as worker from ${specifier(file)};
    import { serve } from 'larder-guest/worker';
    serve({ worker, settings: ${JSON.stringify(settings)} });`;
  const entry = world === 'http' ? http : plain;
  const { code, map } = await bundle({
    directory,
    entry,
    plugins: [packageModules],
    external: ['larder:*', 'wasi:*'],
  });
  if (backend === 'quickjs') return { code, map };
  const shifted = { ...map, lines: 1 };
  return { code: `${mapStatement(shifted)}\n${code}`, map: shifted };
}

/** The runtime without a worker. */
export async function bundleEngine() {
  const entry = `import { serveFromHost } from 'larder-guest/engine'; serveFromHost();`;
  const { code } = await bundle({
    directory: SDK,
    entry,
    plugins: [packageModules],
    external: ['larder:*', 'wasi:*'],
  });
  return code;
}

async function bundle({ directory, entry, plugins, external }) {
  try {
    const built = await esbuild.build({
      absWorkingDir: directory,
      stdin: { contents: entry, resolveDir: directory, sourcefile: 'larder-guest/entry' },
      outfile: join(directory, 'worker.js'),
      write: false,
      bundle: true,
      format: 'esm',
      target: 'es2024',
      platform: 'neutral',
      mainFields: ['browser', 'module', 'main'],
      conditions: ['workerd', 'worker', 'browser'],
      define: { 'process.env.NODE_ENV': '"production"', 'import.meta.url': '"file:///worker.js"' },
      loader: { '.txt': 'text', '.html': 'text', '.css': 'text', '.bin': 'binary' },
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      plugins: [...plugins, noNodeModules],
      external,
    });
    if (built.warnings.length > 0) process.stderr.write(describe(built.warnings, 'warning'));
    const [map, code] = built.outputFiles;
    return { code: code.text, map: ownSources(JSON.parse(map.text), directory) };
  } catch (error) {
    if (!error.errors) throw error;
    throw new Error(describe(error.errors, 'error'));
  }
}

/** With file, line and the text of that line, as compilers say it. */
function describe(messages, kind) {
  return messages.map((message) => `${described(message, kind)}\n`).join('');
}

function described({ text, location, notes }, kind) {
  const missing = /^Could not resolve "((@[^/"]+\/)?[^./"][^/"]*)/.exec(text)?.[1];
  // What esbuild advises about a package that is missing is of no use to a component.
  const advice = missing ? [`if it is a package: npm install ${missing}`] : notes.map((note) => note.text);
  const what = kind === 'error' ? text : `${kind}: ${text}`;
  const lines = [location ? `${shown(location)}: ${what}` : what];
  if (location?.lineText) {
    const before = location.lineText.slice(0, location.column).replace(/[^\t]/g, ' ');
    lines.push(`    ${location.lineText}`, `    ${before}${'^'.repeat(Math.max(1, location.length))}`);
  }
  return [...lines, ...advice.filter(Boolean).map((note) => `    ${note}`)].join('\n');
}

function shown({ file, line, column }) {
  return `${file}:${line}:${column + 1}`;
}

/** A map in which this package is told from the project, whose files are relative to it. */
function ownSources({ sources, mappings, names }, directory) {
  const own = `${relative(directory, SDK).replaceAll('\\', '/')}/`;
  return {
    version: 3,
    names,
    mappings,
    sources: sources.map((source) => (source.startsWith(own) ? `larder-guest/${source.slice(own.length)}` : source)),
  };
}

/** Leaves the map where the runtime looks when it describes an error, from the first of them on. */
function mapStatement(map) {
  return `globalThis[Symbol.for('larder.map')] = ${JSON.stringify(JSON.stringify(map))};`;
}

function specifier(file) {
  return JSON.stringify(isAbsolute(file) ? file : `./${file}`);
}

const packageModules = {
  name: 'larder-guest',
  setup(build) {
    build.onResolve({ filter: /^(larder-guest($|\/)|cloudflare:)/ }, ({ path }) => {
      const file = PACKAGE_MODULES[path];
      return file ? { path: join(SDK, 'src', file) } : undefined;
    });
  },
};

/** The engine has imported what the host offers, and hands it on. */
const hostModulesOfEngine = {
  name: 'larder-host-modules',
  setup(build) {
    build.onResolve({ filter: /^(larder|wasi):/ }, ({ path }) => {
      if (path in HOST_MODULES) return { path, namespace: 'larder-host' };
      const known = Object.keys(HOST_MODULES).join(', ');
      return { errors: [{ text: `"${path}" is not there for a worker; there are: ${known}` }] };
    });
    build.onLoad({ filter: /.*/, namespace: 'larder-host' }, ({ path }) => ({
      contents: `export const { ${HOST_MODULES[path].join(', ')} } =
        globalThis[Symbol.for('larder.host')][${JSON.stringify(path)}];`,
    }));
  },
};

const noNodeModules = {
  name: 'larder-no-node',
  setup(build) {
    const names = new Set(builtinModules);
    build.onResolve({ filter: /^(node:)?[a-z_]+(\/[a-z_]+)?$/ }, async ({ path, pluginData, ...rest }) => {
      const isNode = path.startsWith('node:') || names.has(path);
      if (!isNode || pluginData === noNodeModules) return undefined;
      // A package of that name, such as `buffer` or `events`, may do instead.
      const found = path.startsWith('node:') ? { errors: [true] } : await build.resolve(path, { ...rest, pluginData: noNodeModules });
      if (found.errors.length === 0) return found;
      return { errors: [{ text: `"${path}" is a module of Node.js, which a component does not have` }] };
    });
  },
};
