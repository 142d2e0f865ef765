// Every block of seed 2, at a path of its own; what stands between the regions is ours.

import access from './access.js';
import cache from './cache.js';
import { patterns } from './patterns.js';
import { reading } from './reading.js';
import { writing } from './writing.js';

const pages = {
  '/access': (request, env) => access.fetch(request, env),
  ...reading,
  ...writing,
  ...patterns,

  // Puts what a page reads: `?binding=MY_KV&key=a`, with the metadata and the value of the request.
  async '/given'(request, env) {
    const { searchParams } = new URL(request.url);
    const metadata = JSON.parse(searchParams.get('metadata') ?? 'null');
    await env[searchParams.get('binding')].put(searchParams.get('key'), await request.arrayBuffer(), { metadata });
    return new Response('given');
  },
};

export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    // Whatever is not a page of ours lies behind the cache.
    const page = pages[pathname] ?? cache.fetch;
    return page(request, env, ctx);
  },
};
