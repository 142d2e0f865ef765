import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { frames } from '../src/errors.js';
import { corrected } from './bindings.mjs';

/** How the engine begins to say that the module threw when it was evaluated, which is at build. */
const THROWN = /^Exception while evaluating top-level script\n(\S+:\d+:\d+) (.*)$/m;

/** How the engine begins to say that the module called its host when it was evaluated. */
const CALLED = /attempted to call an unknown imported function: '([^']*)' '([^']*)'/;

/**
 * An empty section, by whose name `larder serve` knows a component that does without the engine's event,
 * which answers one request. What the engine has of it is there all the same.
 */
const WITHOUT_EVENT = customSection('larder:without-fetch-event');

const backends = { starlingmonkey, quickjs };

/** The bytes of a component that runs the module `code`. */
export function componentize(options) {
  return backends[options.backend](options);
}

/** Lets what componentize-js generates pass through the corrections. */
async function correctBindings() {
  const library = new URL('../lib/spidermonkey-embedding-splicer.js', import.meta.resolve('@bytecodealliance/componentize-js'));
  const { splicer } = await import(library);
  const { spliceBindings } = splicer;
  splicer.spliceBindings = (...options) => {
    const spliced = spliceBindings(...options);
    return { ...spliced, jsBindings: corrected(spliced.jsBindings) };
  };
}

async function starlingmonkey({ code, map, wit, world, reused }) {
  await correctBindings();
  const { componentize } = await import('@bytecodealliance/componentize-js');
  const disableFeatures = unused(world, reused);
  const directory = await mkdtemp(join(tmpdir(), 'larder-'));
  try {
    const sourcePath = join(directory, 'worker.js');
    await writeFile(sourcePath, code);
    const { component } = await componentize({
      sourcePath,
      witPath: wit,
      worldName: world,
      disableFeatures,
    });
    return disableFeatures.includes('fetch-event') ? Buffer.concat([component, WITHOUT_EVENT]) : component;
  } catch (error) {
    throw explained(error, map);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What would be imported and exported all the same, although the module does without it. */
function unused(world, reused) {
  if (!['http', 'http-dev'].includes(world)) return ['http', 'fetch-event'];
  return reused ? ['fetch-event'] : [];
}

/** An error of the module at its places in the sources; any other as it is. */
function explained(error, map) {
  const called = CALLED.exec(error.message);
  if (called !== null) return new Error(asked(called));
  const thrown = THROWN.exec(error.message);
  if (thrown === null || map === undefined) return error;
  const [, place, what] = thrown;
  const stack = error.message.includes('\nStack:\n') ? error.message.split('\nStack:\n')[1] : `@${place}`;
  const lines = [`Uncaught (while the worker was loaded) ${what}`, ...frames(stack, map)];
  return new Error(lines.join('\n'));
}

function asked([, module, name]) {
  return `the worker calls its host while it is loaded, which is at build, where there is none: ${module} ${name}
    random numbers, fetch and bindings are there from the first request on: use them in fetch()`;
}

function customSection(name) {
  const bytes = Buffer.from(name);
  return Buffer.from([0, bytes.length + 1, bytes.length, ...bytes]);
}

async function quickjs({ code, wit, world }) {
  const { componentize } = await import('componentize-qjs');
  const { component } = await componentize({ jsSource: code, witPath: wit, world, sync: true });
  return component;
}
