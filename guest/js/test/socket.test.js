// What is wrong with a socket, told by what answers there. The semantics are tested on real stores,
// in tests/guests and tests/languages.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { KVNamespace } from '../src/index.js';
import { Namespace } from '../src/node/store.js';
import { clock } from '../src/node/testing.js';

const directory = mkdtempSync(join(tmpdir(), 'larder-'));
after(() => rmSync(directory, { recursive: true }));
let sockets = 0;

function newSocket() {
  sockets += 1;
  return join(directory, String(sockets));
}

/** A server in a thread, as this one waits for its answers; `answer` is the text of a function. */
async function serving(answer, socket = newSocket()) {
  const source = `
    const { createServer } = require('node:http');
    const { parentPort } = require('node:worker_threads');
    const server = createServer((request, response) => {
      parentPort.postMessage(request.method + ' ' + request.url);
      request.resume().on('end', () => (${answer})(request, response));
    });
    server.listen(${JSON.stringify(socket)}, () => parentPort.postMessage('listening'));`;
  const worker = new Worker(source, { eval: true });
  const asked = [];
  await once(worker, 'message');
  worker.on('message', (request) => asked.push(request));
  process.env.LARDER_SOCKET = socket;
  after(() => worker.terminate());
  return { socket, asked, end: () => worker.terminate() };
}

/** Meets the client, lists its bindings, and does that with everything else. */
const aStoreThat = (does) => `(request, response) => {
  const json = (status, value) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (request.url === '/larder/v1') return json(200, { for_tests: false });
  if (request.url === '/larder/v1/bindings') return json(200, { bindings: ['KV'] });
  ${does}
}`;

test('without a socket it says what to run', async () => {
  delete process.env.LARDER_SOCKET;
  const words = 'there is no store here, as LARDER_SOCKET is not set: run under `larder test`';
  assert.throws(() => Namespace.open('KV'), (error) => error.message.startsWith(words));
  await assert.rejects(new KVNamespace('KV').get('k'), (error) => error.message.startsWith(words));
  assert.throws(() => clock.now(), (error) => error.message.startsWith(words));
});

test('a socket that is not there, or that nobody answers on, is named', async () => {
  process.env.LARDER_SOCKET = newSocket();
  const missing = `the store at ${process.env.LARDER_SOCKET} cannot be reached: there is no such socket`;
  await assert.rejects(new KVNamespace('KV').get('k'), (error) => error.message.startsWith(missing));

  process.env.LARDER_SOCKET = newSocket();
  writeFileSync(process.env.LARDER_SOCKET, '');
  const refused = `the store at ${process.env.LARDER_SOCKET} cannot be reached: nobody answers there`;
  await assert.rejects(new KVNamespace('KV').get('k'), (error) => error.message.startsWith(refused));
});

test('an answer that is no store\'s is told from one that is', async () => {
  const answers = [
    `(_, response) => response.end('<html>')`,
    `(_, response) => response.end('{}')`,
    `(_, response) => response.end('null')`,
    `(_, response) => { response.statusCode = 404; response.end('{"for_tests":true}'); }`,
    aStoreThat(`json(404, { error: { code: 'no-such-route', message: 'there is nothing' } })`),
    aStoreThat(`json(500, 'who knows')`),
  ];
  for (const answer of answers) {
    const server = await serving(answer);
    const words = `what answers at ${server.socket} is no store of this version of larder`;
    const said = (error) => error.message.startsWith(words);
    await assert.rejects(new KVNamespace('KV').get('k'), said, answer);
  }
});

test('a connection that breaks leaves a read undone and a write in doubt, and neither is sent again', async () => {
  const server = await serving(aStoreThat('request.socket.destroy();'));
  const kv = Namespace.open('KV');
  const unknown = { payload: { tag: 'outcome-unknown' } };
  assert.throws(() => kv.get('k'), { payload: { tag: 'unavailable' } });
  assert.throws(() => kv.head('k'), { payload: { tag: 'unavailable' } });
  assert.throws(() => kv.put('k', new Uint8Array(3)), unknown);
  assert.throws(() => kv.increment('k', 1n), unknown);
  assert.throws(() => kv.commit([], [{ tag: 'delete', val: 'k' }]), unknown);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(server.asked.slice(2), [
    'GET /larder/v1/bindings/KV/values/k',
    'HEAD /larder/v1/bindings/KV/values/k',
    'PUT /larder/v1/bindings/KV/values/k',
    'POST /larder/v1/bindings/KV/increment',
    'POST /larder/v1/bindings/KV/commit',
  ]);
});

test('a store that is started anew is connected to anew', async () => {
  const found = aStoreThat(`response.writeHead(200, { 'larder-version': '7' }); response.end('v');`);
  const first = await serving(found);
  const kv = Namespace.open('KV');
  assert.equal(kv.getEntry('k').version, 7n);
  await first.end();
  assert.throws(() => kv.get('k'), { message: /cannot be reached: / });
  rmSync(first.socket, { force: true });
  const second = await serving(found, first.socket);
  assert.equal(kv.getEntry('k').version, 7n, second.asked.join());
});

test('the time of a store that is not for tests cannot be set', async () => {
  const server = await serving(
    aStoreThat(`json(501, { error: { code: 'unsupported', message: 'it is not for tests' } })`),
  );
  const message = `the store at ${server.socket} is not for tests; one that is comes with \`larder test\``;
  assert.throws(() => clock.advance(1), { message });
  assert.throws(() => clock.advance(1.5), TypeError);
  assert.throws(() => clock.set(new Date('never')), TypeError);
});

test('an integer of 64 bits is exact both ways', async () => {
  const most = '18446744073709551615';
  const server = await serving(aStoreThat(`
    const key = '{"name":"k","version":"${most}","size":1,"expiration":9007199254740993}';
    response.end(request.url.endsWith('/keys') ? '{"keys":[' + key + ']}' : '{"version":"${most}"}');
  `));
  const kv = Namespace.open('KV');
  const [key] = kv.list({ reverse: false }).keys;
  assert.equal(key.version, BigInt(most));
  assert.equal(key.expiration, 9007199254740993n);
  assert.equal(kv.expire('k', { tag: 'ttl', val: BigInt(most) }), BigInt(most));
  kv.putWith('k', new Uint8Array(), { expiration: { tag: 'ttl-ms', val: BigInt(most) } });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(server.asked.at(-1), `PUT /larder/v1/bindings/KV/values/k?ttl_ms=${most}`);
});
