// Time passes as the tests say, without waiting: `larder test`.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clock, environment, reset, startWorker } from 'larder-guest/testing';
import worker from '../src/index';

const MINUTE_MS = 60_000;

/** A request to the worker, wherever it runs. */
type Ask = (path: string, init?: RequestInit) => Promise<Response>;

async function logIn(ask: Ask, login: object) {
  const answer = await ask('/login', { method: 'POST', body: JSON.stringify(login) });
  const { session } = (await answer.json()) as { session: string };
  return { Authorization: `Bearer ${session}` };
}

beforeEach(reset);

test('a session ends half an hour after its last use', async () => {
  const env = environment<Env>();
  const ask: Ask = (path, init) => worker.fetch(new Request(`http://sessions${path}`, init), env);
  const headers = await logIn(ask, { user: 'ada' });

  clock.advance(29 * MINUTE_MS);
  assert.equal((await ask('/session', { headers })).status, 200);
  clock.advance(29 * MINUTE_MS);
  assert.equal((await ask('/session', { headers })).status, 200, 'its use began it anew');
  assert.equal((await env.SESSIONS.list()).keys.length, 1);

  clock.advance(30 * MINUTE_MS);
  assert.equal((await ask('/session', { headers })).status, 401);
  assert.equal((await env.SESSIONS.list()).keys.length, 0);
});

test('what is served goes by the same clock', async () => {
  const served = await startWorker({ now: new Date('2030-01-01T00:00:00Z') });
  try {
    const ask: Ask = (path, init) => served.fetch(path, init);
    const headers = await logIn(ask, { user: 'bob', ttl: 3 });
    const session = await (await ask('/session', { headers })).json();
    assert.deepEqual(session, { user: 'bob', ttl: 3, created: 1_893_456_000 });
    served.clock.advance(3_000);
    assert.equal((await ask('/session', { headers })).status, 401);

    for (let request = 1; request <= 5; request += 1) {
      assert.equal((await ask('/limited')).status, 200);
    }
    assert.equal((await ask('/limited')).status, 429);
    served.clock.advance(MINUTE_MS);
    assert.equal((await ask('/limited')).status, 200, 'its minute is over');
  } finally {
    await served.stop();
  }
});
