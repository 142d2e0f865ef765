import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { frames, readMap } from '../src/errors.js';

/** How the engine begins to say that the module threw when it was evaluated, which is at build. */
const THROWN = /^Exception while evaluating top-level script\n(\S+:\d+:\d+) (.*)$/m;

const backends = { starlingmonkey, quickjs };

/** The bytes of a component that runs the module `code`. */
export function componentize(options) {
  return backends[options.backend](options);
}

async function starlingmonkey({ code, map, wit, world }) {
  const { componentize } = await import('@bytecodealliance/componentize-js');
  const directory = await mkdtemp(join(tmpdir(), 'larder-'));
  try {
    const sourcePath = join(directory, 'worker.js');
    await writeFile(sourcePath, code);
    const { component } = await componentize({
      sourcePath,
      witPath: wit,
      worldName: world,
      // What is not asked for would be imported all the same.
      disableFeatures: world.startsWith('http') ? [] : ['http', 'fetch-event'],
    });
    return component;
  } catch (error) {
    throw explained(error, map);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** An error of the module at its places in the sources; any other as it is. */
function explained(error, map) {
  const thrown = THROWN.exec(error.message);
  if (thrown === null || map === undefined) return error;
  const [, place, what] = thrown;
  const stack = error.message.includes('\nStack:\n') ? error.message.split('\nStack:\n')[1] : `@${place}`;
  const lines = [`Uncaught (while the worker was loaded) ${what}`, ...frames(stack, readMap(map))];
  return new Error(lines.join('\n'));
}

async function quickjs({ code, wit, world }) {
  const { componentize } = await import('componentize-qjs');
  const { component } = await componentize({ jsSource: code, witPath: wit, world, sync: true });
  return component;
}
