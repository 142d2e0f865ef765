// Components that were built before, so that what is as it was is not built again.

import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where this package lies, which names the content of all of it, and the tools around it. */
const SDK = dirname(dirname(fileURLToPath(import.meta.url)));

/** How many are kept, those that were used last. One on StarlingMonkey has 15 MB. */
const KEPT_MAX = 16;

/**
 * The component that is kept in `directory` of just these inputs, or else what `build` makes of them,
 * which is kept. Everything that tells one component from another is in the inputs.
 */
export async function kept(directory, inputs, build) {
  const key = await keyOf(inputs);
  const found = await find(directory, key);
  if (found !== undefined) return found;
  const component = await build(inputs);
  await keep(directory, key, component);
  return component;
}

async function keyOf({ wit, ...others }) {
  const names = (await readdir(wit, { recursive: true })).filter((name) => name.endsWith('.wit')).sort();
  const texts = await Promise.all(names.map(async (name) => [name, await readFile(join(wit, name), 'utf8')]));
  return digest(JSON.stringify({ SDK, texts, others }));
}

function digest(content) {
  return createHash('sha256').update(content).digest('hex');
}

/** The name says what is in the file too, since one may have been cut short. */
function nameOf(key, component) {
  return `${key}-${digest(component)}.wasm`;
}

async function find(directory, key) {
  const names = await readdir(directory).catch(() => []);
  const name = names.find((name) => name.startsWith(key));
  if (name === undefined) return undefined;
  const file = join(directory, name);
  const component = await readFile(file).catch(() => undefined);
  if (component === undefined || name !== nameOf(key, component)) {
    await remove(file);
    return undefined;
  }
  const now = new Date();
  await utimes(file, now, now).catch(() => {});
  return component;
}

/** Where there is no room to keep it, it is built again the next time. */
async function keep(directory, key, component) {
  const unfinished = join(directory, `unfinished-${process.pid}`);
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(unfinished, component);
    await rename(unfinished, join(directory, nameOf(key, component)));
    await removeOldest(directory);
  } catch {
    await remove(unfinished);
  }
}

/** Where that cannot be done, the directory is of no use, and no hindrance either. */
async function remove(file) {
  await rm(file, { force: true }).catch(() => {});
}

async function removeOldest(directory) {
  const files = (await readdir(directory)).map((name) => join(directory, name));
  // What another process has removed meanwhile is gone already.
  const times = await Promise.all(files.map((file) => stat(file).then(({ mtimeMs }) => mtimeMs, () => 0)));
  const ages = files.map((file, at) => ({ file, time: times[at] })).sort((one, other) => other.time - one.time);
  await Promise.all(ages.slice(KEPT_MAX).map(({ file }) => remove(file)));
}
