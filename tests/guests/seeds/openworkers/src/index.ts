// Every block of seed 0, at a path of its own; what stands between the regions is ours.

import session from './session.js';
import user from './user.js';

const pages = {
  '/user': (request, env) => user.fetch(request, env),
  '/session': (request, env) => session.fetch(request, env),

  async '/get'(request, env) {
    //#region 0.2 get
    // Returns the parsed value directly
    const user = await env.KV.get('user:123');
    // user is { name: 'John', role: 'admin' } — already an object

    if (user === null) {
      console.log('Key not found');
    }
    //#endregion
    return Response.json({ user, type: typeof user });
  },

  async '/get-typed'(request, env: { KV: OpenWorkersKV }) {
    //#region 0.3 get with a type
    interface User {
      name: string;
      role: 'admin' | 'user';
    }

    const user = await env.KV.get<User>('user:123');
    // user is User | null
    //#endregion
    // @ts-expect-error: there may be no such user.
    const sure: User = user;
    // @ts-expect-error: a role is one of two texts.
    const role: 'guest' | undefined = user?.role;
    return Response.json(role);
  },

  async '/put'(request, env) {
    //#region 0.4 put
    // Store an object
    await env.KV.put('user:123', { name: 'John', role: 'admin' });

    // Store a string
    await env.KV.put('greeting', 'Hello, World!');

    // Store a number
    await env.KV.put('counter', 42);

    // With expiration (TTL in seconds)
    await env.KV.put('session:abc', { userId: 123 }, { expiresIn: 3600 }); // Expires in 1 hour
    //#endregion
    return Response.json(await values(env.KV));
  },

  async '/delete'(request, env) {
    //#region 0.5 delete
    await env.KV.delete('session:expired');
    //#endregion
    return Response.json(await env.KV.list());
  },

  async '/list'(request, env) {
    //#region 0.6 list
    // List all keys
    const keys = await env.KV.list();

    // With prefix filter
    const userKeys = await env.KV.list({ prefix: 'user:' });

    // With limit
    const firstTen = await env.KV.list({ limit: 10 });
    //#endregion
    return Response.json({ keys, userKeys, firstTen });
  },

  async '/flags'(request, env) {
    //#region 0.8 feature flags
    const flags = await env.KV.get('feature-flags') || {};

    if (flags.newCheckout) {
      // Show new checkout flow
    }
    //#endregion
    return Response.json({ flow: flags.newCheckout ? 'new' : 'old' });
  },

  async '/limited'(request, env) {
    //#region 0.9 rate limiting
    const ip = request.headers.get('CF-Connecting-IP');
    const key = `ratelimit:${ip}`;
    const count = (await env.KV.get(key)) || 0;

    if (count > 100) {
      return new Response('Too many requests', { status: 429 });
    }

    // Auto-reset after 1 minute
    await env.KV.put(key, count + 1, { expiresIn: 60 });
    //#endregion
    return Response.json({ key, count });
  },

  async '/cleanup'(request, env) {
    const shouldCleanup = (data) => data.done;
    //#region 0.10 list and cleanup
    // Find all sessions
    const sessions = await env.KV.list({ prefix: 'session:' });

    for (const key of sessions) {
      const data = await env.KV.get(key);

      if (shouldCleanup(data)) {
        await env.KV.delete(key);
      }
    }
    //#endregion
    return Response.json(await env.KV.list());
  },

  async '/values'(request, env) {
    const values = [
      //#region 0.11 a string
      'hello'
      //#endregion
      ,
      //#region 0.12 numbers
      42, 3.14
      //#endregion
      ,
      //#region 0.13 booleans
      true, false
      //#endregion
      ,
      //#region 0.14 null
      null
      //#endregion
      ,
      //#region 0.15 an array
      [1, 2, 3]
      //#endregion
      ,
      //#region 0.16 an object
      { name: 'John', age: 30 }
      //#endregion
    ];
    const read: unknown[] = [];
    for (const [number, value] of values.entries()) {
      await env.KV.put(`value:${number}`, value);
      read.push(await env.KV.get(`value:${number}`));
    }
    return Response.json(read);
  },

  // Any call of the binding, for what the prose around the blocks says.
  async '/call'(request, env) {
    const { method, args } = await request.json();
    try {
      return Response.json({ ok: (await env.KV[method](...args)) ?? null });
    } catch (error) {
      return Response.json({ error: { name: error.name, message: error.message } });
    }
  },

  // What JSON cannot carry in a request.
  async '/odd'(request, env) {
    const tried = {
      undefined: () => env.KV.put('odd', undefined),
      bytes: () => env.KV.put('odd', new Uint8Array(2)),
      function: () => env.KV.put('odd', () => {}),
      fraction: () => env.KV.put('odd', 1, { expiresIn: 1.5 }),
      surrogate: () => env.KV.put('a\ud800', 1),
      undefinedLimit: () => env.KV.list({ limit: undefined, prefix: 'odd' }),
    };
    const outcomes = {};
    for (const [name, act] of Object.entries(tried)) {
      outcomes[name] = await act().then((value) => value ?? null, (error) => `${error.name}: ${error.message}`);
    }
    return Response.json(outcomes);
  },
};

async function values(kv) {
  const names = await kv.list();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await kv.get(name)])));
}

export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    return pages[pathname](request, env);
  },
};
