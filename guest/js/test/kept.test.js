import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const MODULE = new URL('../build/kept.mjs', import.meta.url);

/** A directory with WIT and components, and what builds into it. */
async function setup(t) {
  const root = await mkdtemp(join(tmpdir(), 'larder-'));
  t.after(() => rm(root, { recursive: true }));
  const wit = join(root, 'wit');
  await mkdir(join(wit, 'deps'), { recursive: true });
  await writeFile(join(wit, 'deps', 'kv.wit'), 'one');
  const components = join(root, 'components');
  let count = 0;
  const counted = () => Buffer.from(`component ${(count += 1)}`);
  /** What there is of the inputs, by the package in `sdk`. */
  async function component(inputs, sdk = 'sdk', build = counted) {
    const module = join(root, sdk, 'build', 'kept.mjs');
    await cp(MODULE, module);
    const { kept } = await import(pathToFileURL(module).href);
    return String(await kept(components, { wit, code: '', world: 'http', backend: 'starlingmonkey', ...inputs }, build));
  }
  return { wit, components, component };
}

test('what is as it was is not built again', async (t) => {
  const { component } = await setup(t);
  assert.equal(await component({ code: 'a' }), 'component 1');
  assert.equal(await component({ code: 'a' }), 'component 1');
});

test('whatever a component is made of is told apart', async (t) => {
  const { component, wit } = await setup(t);
  const built = [await component({})];
  const others = [{ code: 'a' }, { world: 'command' }, { backend: 'quickjs' }, { map: {} }];
  for (const inputs of others) built.push(await component(inputs));
  built.push(await component({}, 'another-version-of-the-package'));
  await writeFile(join(wit, 'deps', 'kv.wit'), 'another');
  built.push(await component({}));
  await writeFile(join(wit, 'world.wit'), 'one more');
  built.push(await component({}));
  assert.equal(new Set(built).size, 8, String(built));
});

test('a component that was cut short is built again', async (t) => {
  const { component, components } = await setup(t);
  await component({});
  const [name] = await readdir(components);
  await truncate(join(components, name), 3);
  assert.equal(await component({}), 'component 2');
  assert.equal(await component({}), 'component 2');
  assert.equal((await readdir(components)).length, 1);
});

test('what does not build is not kept', async (t) => {
  const { component, components } = await setup(t);
  const failing = () => Promise.reject(new Error('no'));
  await assert.rejects(component({}, 'sdk', failing), { message: 'no' });
  assert.deepEqual(await readdir(components).catch(() => []), []);
});

test('those that were used last are kept', async (t) => {
  const { component, components } = await setup(t);
  await component({ code: 'first' });
  const [first] = await readdir(components);
  for (let number = 0; number < 15; number += 1) await component({ code: String(number) });
  for (const name of await readdir(components)) {
    const seconds = name === first ? 1 : 2;
    await utimes(join(components, name), seconds, seconds);
  }
  assert.equal(await component({ code: 'first' }), 'component 1');
  await component({ code: 'one more' });
  assert.equal((await readdir(components)).length, 16);
  assert.equal(await component({ code: 'first' }), 'component 1');
});

test('where nothing can be kept it is built all the same', async (t) => {
  const { component, components } = await setup(t);
  await writeFile(components, 'a file');
  assert.equal(await component({}), 'component 1');
  assert.equal(await readFile(components, 'utf8'), 'a file');
});
