// Every block of seed 3, at a path of its own; what stands between the regions is ours. Its
// application is the example `workers-hono`.

import { variant } from './ab.ts';
import { caching } from './caching.ts';
import { edgeCases } from './edge-cases.ts';
import { operations } from './operations.ts';
import { checkRateLimit } from './rate-limit.ts';

const pages = {
  ...operations,
  ...edgeCases,

  async '/cached'(request, env) {
    const { searchParams } = new URL(request.url);
    const fetchFromAPI = async () => (await fetch(searchParams.get('api')!)).json();
    return Response.json(await caching(fetchFromAPI)(env, searchParams.get('key')!));
  },

  async '/limited'(request, env) {
    const allowed = await checkRateLimit(env, request.headers.get('CF-Connecting-IP'));
    return Response.json({ allowed, keys: (await env.KV.list({ prefix: 'rate:' })).keys });
  },

  async '/ab'(request, env) {
    const { searchParams } = new URL(request.url);
    return new Response(await variant(env, searchParams.get('experiment')!, searchParams.get('visitor')!));
  },

  /** Puts keys that a page reads: an object of them, or so many of one prefix. */
  async '/given'(request, env) {
    const { keys = {}, prefix, count = 0 } = await request.json();
    for (const [key, value] of Object.entries<string>(keys)) await env.KV.put(key, value);
    for (let number = 0; number < count; number += 1) {
      await env.KV.put(`${prefix}${String(number).padStart(5, '0')}`, '');
    }
    return new Response('given');
  },
};

export default {
  fetch(request, env) {
    return pages[new URL(request.url).pathname](request, env);
  },
};
