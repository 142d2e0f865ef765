// Our types without Cloudflare's: what an editor says of a Worker.

import { Namespace, type StoreError } from 'larder:kv/store@0.1.0';
import { KVNamespace as Workers, OpenWorkersKV as Json, environment } from 'larder-guest';

interface User {
  name: string;
}

interface Env {
  KV: KVNamespace;
  FLAGS: KVNamespace<'beta' | 'dark'>;
  JSON: OpenWorkersKV;
  GREETING: string;
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>() => {};

export default {
  async fetch(request, env, ctx) {
    const text = await env.KV.get('k');
    is<Same<typeof text, string | null>>();
    const user = await env.KV.get<User>('k', 'json');
    is<Same<typeof user, User | null>>();
    const unknownJson = await env.KV.get('k', { type: 'json', cacheTtl: 60 });
    is<Same<typeof unknownJson, unknown>>();
    const stream = await env.KV.get('k', 'stream');
    is<Same<typeof stream, ReadableStream | null>>();
    const buffer = await env.KV.get('k', { type: 'arrayBuffer' });
    is<Same<typeof buffer, ArrayBuffer | null>>();
    const users = await env.KV.get<User>(['a', 'b'], 'json');
    is<Same<typeof users, Map<string, User | null>>>();
    const { value, metadata } = await env.KV.getWithMetadata<{ userId: string }>('k');
    is<Same<typeof value, string | null>>();
    is<Same<typeof metadata, { userId: string } | null>>();

    const page = await env.KV.list<number>({ prefix: 'a', limit: 10, cursor: null });
    is<Same<(typeof page.keys)[number]['metadata'], number | undefined>>();
    // @ts-expect-error There is a cursor only when the listing goes on.
    page.cursor;
    if (!page.list_complete) is<Same<typeof page.cursor, string>>();

    await env.KV.put('k', request.body ?? 'none', { expirationTtl: 60, metadata: { a: 1 } });
    // @ts-expect-error An object is no value.
    await env.KV.put('k', { a: 1 });
    // @ts-expect-error No such type.
    await env.KV.get('k', 'blob');
    // @ts-expect-error In bulk there are no streams.
    await env.KV.get(['k'], 'stream');
    await env.FLAGS.get('beta');
    // @ts-expect-error No such key.
    await env.FLAGS.get('bright');

    const json = await env.JSON.get<User>('k');
    is<Same<typeof json, User | null>>();
    await env.JSON.put('k', { name: 'John' }, { expiresIn: 60 });
    const names: string[] = await env.JSON.list({ prefix: 'a', limit: 5000 });
    // @ts-expect-error It is called expiresIn.
    await env.JSON.put('k', 1, { expirationTtl: 60 });

    ctx.waitUntil(env.KV.delete(names[0] ?? 'none'));
    return new Response(env.GREETING);
  },
} satisfies ExportedHandler<Env>;

export async function own() {
  using kv = new Workers('KV', { expirationTtlMin: 1 });
  using json = new Json('JSON');
  await kv.put('k', String(await json.has('k')));
  const { GREETING } = environment<Env>();
  is<Same<typeof GREETING, string>>();
}

export function hits() {
  using counters = Namespace.open('COUNTERS');
  try {
    return counters.increment('hits', 1n, { tag: 'ttl', val: 60n }).value;
  } catch (error) {
    const refusal = (error as { payload: StoreError }).payload;
    // @ts-expect-error Only some cases carry a value.
    refusal.val;
    return refusal.tag === 'too-large' ? refusal.val.bytesMax : 0n;
  }
}
