// Our types beside Cloudflare's, which are the globals here.

import type * as larder from 'larder-guest';

declare const theirs: KVNamespace;
declare const ours: larder.KVNamespace;

export const theirsForOurs: larder.KVNamespace = theirs;
export const oursForTheirs: KVNamespace = ours;

export const handler: ExportedHandler<{ KV: KVNamespace }> = {
  async fetch(request, env, ctx) {
    const kept: larder.KVNamespace = env.KV;
    const context: larder.ExecutionContext = ctx;
    context.waitUntil(kept.put('seen', request.url));
    return new Response(await kept.get('seen'));
  },
};

export const handlerOfOurs: larder.ExportedHandler<{ KV: larder.KVNamespace }> = {
  async fetch(_request, env) {
    return new Response(await env.KV.get('key'));
  },
};
