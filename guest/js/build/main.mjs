// Run by larder-build: one request as JSON on the command line; the answer is what it writes.
import { writeFile } from 'node:fs/promises';
import { bundleForDev, bundleForBuild, bundleEngine } from './bundle.mjs';
import { componentize } from './componentize.mjs';
import { kept } from './kept.mjs';

const commands = {
  /** The script of a worker, for the engine of `larder dev`. */
  async bundle({ output, ...source }) {
    await writeFile(output, await bundleForDev(source));
  },
  /** The engine that takes its worker at start. */
  async engine({ output, wit, settings }) {
    const code = await bundleEngine({ settings });
    const { reused } = settings;
    await writeFile(output, await componentize({ code, wit, world: 'http-dev', backend: 'starlingmonkey', reused }));
  },
  /** A component of its own. Bundling is quick, and tells what it consists of. */
  async component({ output, wit, world, backend, components, ...source }) {
    const { code, map } = await bundleForBuild({ ...source, world, backend });
    const { reused } = source.settings;
    await writeFile(output, await kept(components, { code, map, wit, world, backend, reused }, componentize));
  },
};

const { command, ...request } = JSON.parse(process.argv[2]);
try {
  await commands[command](request);
} catch (error) {
  // What the program did wrong was told with its place; the stack of the tool helps nobody.
  process.stderr.write(`${error.message.trimEnd()}\n`);
  process.exitCode = 1;
}
