// Every block of seed 1, at a path of its own; what stands between the regions is ours.

import { isEnabled } from './flags.ts';
import { createSession, getSession } from './sessions.ts';

const pages = {
  async '/write'(request, env, query) {
    const sessionId = query.get('session');
    const sessionData = { user: query.get('user') };
    //#region 1.2 write
    // Write (with optional TTL in seconds)
    await env.SESSIONS.put(sessionId, JSON.stringify(sessionData), {
    expirationTtl: 86400, // 24h — auto-deletes after TTL
    });
    //#endregion
    return Response.json(await env.SESSIONS.list());
  },

  async '/read'(request, env, query) {
    const read = async (sessionId) => {
      //#region 1.3 read
      // Read
      const raw = await env.SESSIONS.get(sessionId);
      if (!raw) return null;
      const session = JSON.parse(raw);
      //#endregion
      return session;
    };
    return Response.json(await read(query.get('session')));
  },

  async '/metadata'(request, env: { SESSIONS: KVNamespace }, query) {
    const key = 'of-a-user';
    await env.SESSIONS.put(key, 'v', { metadata: { userId: query.get('user') } });
    //#region 1.4 read with metadata
    // Read with metadata
    const { value, metadata } = await env.SESSIONS.getWithMetadata<{ userId: string }>(key);
    //#endregion
    return Response.json({ value, metadata });
  },

  async '/delete'(request, env, query) {
    const sessionId = query.get('session');
    //#region 1.5 delete
    // Delete
    await env.SESSIONS.delete(sessionId);
    //#endregion
    return Response.json(await env.SESSIONS.list());
  },

  async '/list'(request, env) {
    for (let number = 100; number < 205; number += 1) await env.KV.put(`session:${number}`, 'v');
    await env.KV.put('other', 'v');
    //#region 1.6 list
    // List keys (paginated, max 1000 per call)
    const { keys, list_complete, cursor } = await env.KV.list({ prefix: 'session:', limit: 100 });
    //#endregion
    const rest = await env.KV.list({ prefix: 'session:', limit: 100, cursor });
    return Response.json({ keys: keys.length, list_complete, rest });
  },

  async '/json'(request, env) {
    const key = 'json';
    const put = async (value) => {
      //#region 1.7 put JSON
      // JSON values (most common)
      await env.KV.put(key, JSON.stringify(value), { expirationTtl: 3600 });
      //#endregion
    };
    const get = async () => {
      //#region 1.8 get JSON
      const value = JSON.parse(await env.KV.get(key) ?? 'null');
      //#endregion
      return value;
    };
    const before = await get();
    await put({ a: [1, null] });
    return Response.json({ before, after: await get() });
  },

  async '/bytes'(request, env) {
    const key = 'bytes';
    const put = async (buffer) => {
      //#region 1.9 put an ArrayBuffer
      // ArrayBuffer (binary)
      await env.KV.put(key, buffer, { expirationTtl: 3600 });
      //#endregion
    };
    const get = async () => {
      //#region 1.10 get an ArrayBuffer
      const buffer = await env.KV.get(key, 'arrayBuffer');
      //#endregion
      return buffer;
    };
    await put(new Uint8Array([0, 255, 128]).buffer);
    return Response.json([...new Uint8Array(await get())]);
  },

  async '/stream'(request, env) {
    const key = 'stream';
    await env.KV.put(key, request.body);
    //#region 1.11 get a stream
    // Stream
    const stream = await env.KV.get(key, 'stream');
    //#endregion
    return new Response(stream);
  },

  async '/enabled'(request, env, query) {
    await env.CACHE.put('flags:v1', '{"new_dashboard": true, "beta_users": ["user1","user2"]}');
    return Response.json(await isEnabled(env, query.get('flag'), query.get('user') ?? undefined));
  },

  async '/login'(request, env, query) {
    return Response.json(await createSession(env, query.get('user')));
  },

  async '/whoami'(request, env, query) {
    return Response.json(await getSession(env, query.get('session')));
  },
};

export default {
  fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    return pages[pathname](request, env, searchParams);
  },
};
