// The package in Node.js, by its own runner.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { env as importedEnv } from 'cloudflare:workers';
import { Namespace } from 'larder:kv/store@0.1.0';
import { KVNamespace, OpenWorkersKV } from 'larder-guest';
import { clock, env, environment, reset, startWorker } from 'larder-guest/testing';
import worker from '../src/worker.js';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'larder-'));
after(() => rmSync(directory, { recursive: true }));

beforeEach(() => reset());

test('the environment is that of the project', () => {
  assert.deepEqual(Object.keys(env).sort(), ['GREETING', 'KV', 'SETTINGS', 'VALUES']);
  assert.equal(env.GREETING, 'hello');
  assert.ok(env.KV instanceof KVNamespace && env.VALUES instanceof OpenWorkersKV);
  assert.equal(environment().KV, env.KV);
  assert.equal(importedEnv.KV, env.KV);
});

test('a key ends by the clock, to the millisecond', async () => {
  clock.set(new Date('2030-01-01T00:00:00.250Z'));
  assert.equal(clock.now().toISOString(), '2030-01-01T00:00:00.250Z');
  await env.KV.put('minute', 'v', { expirationTtl: 60 });
  await env.KV.put('second', 'v', { expirationTtl: 1 });
  assert.deepEqual((await env.KV.list()).keys, [
    { name: 'minute', expiration: 1_893_456_060 },
    { name: 'second', expiration: 1_893_456_002 },
  ]);
  clock.advance(999);
  assert.equal(await env.KV.get('second'), 'v');
  clock.advance(1);
  assert.equal(await env.KV.get('second'), null);
  clock.set(Date.UTC(2030, 0, 1, 0, 0, 59, 999));
  assert.equal(await env.KV.get('minute'), 'v');
  clock.advance(1);
  assert.deepEqual((await env.KV.list()).keys, []);
});

test('a reset forgets what was written and what the time was', async () => {
  const start = clock.now();
  await env.KV.put('k', 'v');
  clock.advance(86_400_000);
  reset();
  assert.equal(await env.KV.get('k'), null);
  assert.deepEqual(clock.now(), start);
});

test('what the store refuses has its cause', async () => {
  await assert.rejects(env.SETTINGS.put('k', 'v'), {
    message: 'KV PUT failed: 403 The binding is read-only, or the host does not allow it.',
    cause: { tag: 'access-denied' },
  });
  await assert.rejects(new KVNamespace('UNBOUND').get('k'), { cause: { tag: 'no-such-binding' } });
});

test('the contract itself is there', () => {
  const kv = Namespace.open('KV');
  assert.equal(kv.increment('hits', 1n, { tag: 'ttl', val: 60n }).value, 1n);
  assert.equal(kv.increment('hits', 2n ** 62n).value, 2n ** 62n + 1n);
  const absent = { key: 'hits', condition: { tag: 'absent' } };
  assert.deepEqual(kv.commit([absent], [{ tag: 'delete', val: 'hits' }]), { tag: 'conflict', val: 0 });
});

test('a worker is a function of a request and the environment', async () => {
  const ask = (path, init) => worker.fetch(new Request(`http://a${path}`, init), env);
  assert.equal((await ask('/k?ttl=2', { method: 'PUT', body: 'value' })).status, 204);
  assert.equal(await (await ask('/k')).text(), 'value');
  clock.advance(2_000);
  assert.equal((await ask('/k')).status, 404);
});

test('a worker that is started has a store and a time of its own, and they may be several', async () => {
  const noon = Date.UTC(2030, 0, 1, 12);
  const [one, other] = await Promise.all([
    startWorker({ dir: PROJECT, now: noon }),
    startWorker({ dir: PROJECT, now: new Date(noon + 1) }),
  ]);
  const { names, greeting } = await (await one.fetch('/environment')).json();
  assert.deepEqual(names, ['GREETING', 'KV', 'SETTINGS', 'VALUES']);
  assert.equal(greeting, 'hello');
  assert.deepEqual(Object.keys(one.env).sort(), names);
  assert.equal(one.env.GREETING, 'hello');

  assert.equal((await one.fetch('/k?ttl=60', { method: 'PUT', body: 'value' })).status, 204);
  assert.equal(await one.env.KV.get('k'), 'value');
  assert.equal(await other.env.KV.get('k'), null);
  assert.equal(await env.KV.get('k'), null);
  assert.equal(await (await one.fetch('/now')).json(), noon);
  assert.equal(await (await other.fetch('/now')).json(), noon + 1);

  one.clock.advance(60_000);
  assert.equal((await one.fetch('/k')).status, 404);
  assert.equal(other.clock.now().getTime(), noon + 1);
  await one.env.VALUES.put('v', { a: 1 });
  one.reset();
  assert.equal(await one.env.VALUES.get('v'), null);
  assert.equal(one.clock.now().getTime(), noon);

  await one.stop();
  await one.stop();
  await assert.rejects(one.fetch('/now'), TypeError);
  assert.throws(() => one.clock.now(), /cannot be reached/);
  await other.stop();
});

test('a worker is asked by a path, a URL or a request', async () => {
  const started = await startWorker({ dir: PROJECT });
  const request = new Request('https://example.com/echo', { method: 'POST', body: 'of a request' });
  const answer = await started.fetch(request);
  assert.equal(answer.headers.get('method'), 'POST');
  assert.equal(await answer.text(), 'of a request');
  const init = { method: 'PUT', body: 'of an init' };
  assert.equal(await (await started.fetch(new URL('http://a/echo?b'), init)).text(), 'of an init');
  assert.equal((await started.fetch('absent')).status, 404);
  await started.stop();
});

test('a worker that cannot be started says why', async () => {
  const project = join(directory, 'broken');
  cpSync(join(PROJECT, 'src'), join(project, 'src'), { recursive: true });
  writeFileSync(join(project, 'larder.toml'), 'main = "src/worker.js"\n');
  writeFileSync(join(project, 'src/worker.js'), 'export default {\n');
  await assert.rejects(startWorker({ dir: project }), (error) => {
    assert.ok(error.message.startsWith(`\`larder test\` in ${project} ended with 1:\n`), error.message);
    assert.match(error.message, /src\/worker\.js:2:1: /);
    return true;
  });
  const nowhere = join(directory, 'nowhere');
  await assert.rejects(startWorker({ dir: nowhere }), {
    message: `there is no directory ${nowhere} to start a worker in`,
  });
  const larder = process.env.LARDER;
  process.env.LARDER = join(directory, 'larder');
  try {
    const words = `cannot run ${process.env.LARDER}: `;
    await assert.rejects(startWorker({ dir: PROJECT }), {
      message: `${words}there is no such command; set LARDER to its path, or add its directory to PATH`,
    });
    writeFileSync(process.env.LARDER, '#!/bin/sh\necho no such thing >&2; exit 3\n');
    chmodSync(process.env.LARDER, 0o755);
    await assert.rejects(startWorker({ dir: PROJECT }), {
      message: `\`larder test\` in ${PROJECT.replace(/\/$/, '')} ended with 3:\nno such thing`,
    });
  } finally {
    process.env.LARDER = larder ?? '';
  }
});

test('a worker ends with the process that started it, however that ends', async () => {
  const program = `
    import { startWorker } from 'larder-guest/testing';
    const { url } = await startWorker({ dir: ${JSON.stringify(PROJECT)} });
    process.stdout.write(url);
    if (process.argv.at(-1) === 'stay') setTimeout(() => {}, 100_000);
  `;
  for (const how of ['stay', 'end']) {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program, how], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(parent, 'exit');
    const [url] = await once(parent.stdout.setEncoding('utf8'), 'data');
    if (how === 'stay') {
      assert.equal((await fetch(`${url}/now`)).status, 200);
      parent.kill('SIGKILL');
    }
    assert.deepEqual(await exited, how === 'stay' ? [null, 'SIGKILL'] : [0, null]);
    await assert.rejects(async () => {
      for (let time = 0; time < 200; time += 1) {
        await fetch(`${url}/now`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }, TypeError);
  }
});
