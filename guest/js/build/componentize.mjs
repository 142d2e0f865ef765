import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const backends = { starlingmonkey, quickjs };

/** The bytes of a component that runs the module `code`. */
export function componentize(options) {
  return backends[options.backend](options);
}

async function starlingmonkey({ code, wit, world }) {
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
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function quickjs({ code, wit, world }) {
  const { componentize } = await import('componentize-qjs');
  const { component } = await componentize({ jsSource: code, witPath: wit, world, sync: true });
  return component;
}
