import { realpath } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TraceMap, decodedMappings, encodedMappings } from '@jridgewell/trace-mapping';
import * as esbuild from 'esbuild';

const SDK = dirname(dirname(fileURLToPath(import.meta.url)));
/** The `node_modules` with what this package depends on. */
const TOOLS = dirname(dirname(dirname(fileURLToPath(import.meta.resolve('esbuild')))));

/** What a worker may import from its host, and what is in it. */
const HOST_MODULES = {
  'larder:kv/store@0.1.0': ['Namespace', 'Reader', 'Writer', 'bindings'],
  'wasi:cli/environment@0.2.10': ['getArguments', 'getEnvironment', 'initialCwd'],
};

/** The modules of this package, by the names that a program imports them by. */
const PACKAGE_MODULES = {
  'larder-guest': 'index.js',
  'larder-guest/engine': 'engine.js',
  'larder-guest/requests': 'requests.js',
  'larder-guest/settings': 'settings.js',
  'larder-guest/worker': 'worker.js',
  'cloudflare:workers': 'index.js',
};

/**
 * The worker as a script that leaves it where the engine looks. In an async function, so that it
 * may `await` at its top level as a module may. What it imports of this package is its own, beside
 * the engine's, and is configured too.
 */
export async function bundleForDev({ directory, file, settings }) {
  const entry = `import * as worker from ${specifier(file)};
    import { configure } from 'larder-guest/settings';
    configure(${JSON.stringify(settings)});
    globalThis[Symbol.for('larder.worker')] = { worker, settings: ${JSON.stringify(settings)} };`;
  const { code, map } = await bundle({ directory, entry, plugins: [packageModules, hostModulesOfEngine] });
  return `(async () => { 'use strict';\n${mapStatement({ ...map, lines: 2, script: true })}\n${code}\n})()`;
}

/** The worker with the runtime, as the module of a component; and its map. */
export async function bundleForBuild({ directory, file, settings, world, backend }) {
  const plain = `import { configure } from 'larder-guest/settings';
    export * from ${specifier(file)};
    configure(${JSON.stringify(settings)});`;
  const { loaded, answering } = handling(settings);
  const http = `${loaded}
    import * as worker from ${specifier(file)};
    import { responder } from 'larder-guest/worker';
    const respond = responder({ worker, settings: ${JSON.stringify(settings)} });
    ${answering}`;
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
export async function bundleEngine({ settings }) {
  const { loaded, answering } = handling(settings);
  const entry = `${loaded}
    import { responder } from 'larder-guest/engine';
    const respond = responder();
    ${answering}`;
  const { code } = await bundle({
    directory: SDK,
    entry,
    plugins: [packageModules],
    external: ['larder:*', 'wasi:*'],
  });
  return code;
}

/**
 * How requests come to `respond`: by the engine's own event, which answers one, or by an export of ours;
 * what is to be loaded before the worker, and what is said at the end.
 */
function handling({ reused }) {
  if (!reused) {
    return { loaded: '', answering: `addEventListener('fetch', (event) => event.respondWith(respond(event)));` };
  }
  return {
    loaded: `import { handlerBy } from 'larder-guest/requests';`,
    answering: 'export const incomingHandler = handlerBy(respond);',
  };
}

async function bundle({ directory: given, entry, plugins, external }) {
  // Its files are known by their real paths.
  const directory = await realpath(given);
  try {
    const built = await esbuild.build({
      absWorkingDir: directory,
      stdin: { contents: entry, resolveDir: directory, sourcefile: 'larder-guest/entry' },
      outfile: join(directory, 'worker.js'),
      write: false,
      bundle: true,
      format: 'esm',
      target: 'es2024',
      platform: 'browser',
      mainFields: ['browser', 'module', 'main'],
      conditions: ['workerd', 'worker', 'browser'],
      define: { 'process.env.NODE_ENV': '"production"', 'import.meta.url': '"file:///worker.js"' },
      loader: { '.txt': 'text', '.html': 'text', '.sql': 'text', '.css': 'text', '.bin': 'binary' },
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      plugins,
      external,
    });
    if (built.warnings.length > 0) process.stderr.write(describe(built.warnings, 'warning'));
    const [map, code] = built.outputFiles;
    return { code: withoutPlaces(code.text, directory), map: mapByLine(JSON.parse(map.text), directory) };
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
  const [, missing] = /^Could not resolve "([^"]*)"/.exec(text) ?? [];
  const ofNode = missing !== undefined && isBuiltin(missing);
  const said = ofNode ? `"${missing}" is a module of Node.js, which a component does not have` : text;
  const [name] = /^(@[^/]+\/)?[^./][^/]*/.exec(missing ?? '') ?? [];
  // What esbuild advises about what is missing is of no use to a component.
  const elsewhere = name ? [`if it is a package: npm install ${name}`] : notes.map((note) => note.text);
  const advice = ofNode ? [] : elsewhere;
  const what = kind === 'error' ? said : `${kind}: ${said}`;
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

/**
 * Names this package and what it depends on alike on every machine, also in the comments and labels
 * that esbuild leaves in the bundle; the project's files are relative to it anyway.
 */
function withoutPlaces(text, directory) {
  return [SDK, TOOLS]
    .map((own) => `${relative(directory, own).replaceAll('\\', '/')}/`)
    // The engine for dev is bundled from this package itself.
    .filter((own) => /[^./]/.test(own))
    .reduce((without, own) => without.replaceAll(own, 'larder-guest/'), text);
}

/** The map as `src/errors.js` reads it, without names. */
function mapByLine(map, directory) {
  const mappings = decodedMappings(new TraceMap(map)).map((line) => {
    const places = line.map((segment) => segment.slice(0, 4));
    return encodedMappings(new TraceMap({ version: 3, sources: [], names: [], mappings: [places] }));
  });
  const sources = map.sources.map((source) => withoutPlaces(source, directory));
  return { sources, mappings, lines: 0, script: false };
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
