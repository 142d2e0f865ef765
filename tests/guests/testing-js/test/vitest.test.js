// The package in Node.js, by vitest.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Namespace } from 'larder:kv/store@0.1.0';
import { clock, env, reset, startWorker } from 'larder-guest/testing';
import worker from '../src/worker.js';

beforeEach(() => reset());

test('a key ends by the clock', async () => {
  await env.KV.put('k', 'v', { expirationTtl: 60, metadata: { a: 1 } });
  expect(await env.KV.getWithMetadata('k')).toEqual({ value: 'v', metadata: { a: 1 }, cacheStatus: null });
  clock.advance(60_000);
  expect(await env.KV.get('k')).toBeNull();
});

test('values are of the kinds that were asked for', async () => {
  await env.KV.put('k', new Uint8Array([123, 125]));
  expect(await env.KV.get('k', 'json')).toEqual({});
  expect(new Uint8Array(await env.KV.get('k', 'arrayBuffer'))).toEqual(new Uint8Array([123, 125]));
  expect(await new Response(await env.KV.get('k', 'stream')).text()).toBe('{}');
  await env.KV.put('s', new Response('streamed').body);
  expect(await env.KV.get(['s', 'absent'])).toEqual(new Map([['s', 'streamed'], ['absent', null]]));
});

test('the contract itself is there', () => {
  expect(Namespace.open('KV').increment('hits', 1n).value).toBe(1n);
});

test('a worker is a function of a request and the environment', async () => {
  const put = new Request('http://a/k?ttl=2', { method: 'PUT', body: 'value' });
  expect((await worker.fetch(put, env)).status).toBe(204);
  expect(await env.KV.get('k')).toBe('value');
});

let started;
beforeAll(async () => {
  started = await startWorker({ now: new Date('2030-01-01') });
}, 60_000);
afterAll(() => started.stop());

test('a worker that is started goes by its own clock', async () => {
  await started.env.KV.put('k', 'v', { expirationTtl: 60 });
  expect(await (await started.fetch('/k')).text()).toBe('v');
  started.clock.advance(60_000);
  expect((await started.fetch('/k')).status).toBe(404);
  expect(await (await started.fetch('/now')).json()).toBe(Date.UTC(2030, 0, 1, 0, 1));
});
