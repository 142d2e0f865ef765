// Seed 2: writing, listing and deleting.

export const writing = {
  async '/put'(request, env) {
    //#region 2.7 put text
    await env.MY_KV.put('key', 'value');
    //#endregion

    //#region 2.8 put JSON
    const data = { name: 'Alice', email: '[email protected]' };
    await env.MY_KV.put('user:123', JSON.stringify(data));
    //#endregion

    //#region 2.9 put binary data
    const buffer = new Uint8Array([1, 2, 3, 4]);
    await env.MY_KV.put('binary', buffer);
    //#endregion
    return Response.json([...new Uint8Array(await env.MY_KV.get('binary', 'arrayBuffer'))]);
  },

  async '/put-with-options'(request, env) {
    const sessionData = 'of the session';
    //#region 2.10 put with options
    await env.MY_KV.put('session:abc', sessionData, {
      expirationTtl: 3600,  // Expire in 1 hour
      metadata: { userId: '123', created: Date.now() }
    });

    // Or use absolute expiration time
    await env.MY_KV.put('key', 'value', {
      expiration: Math.floor(Date.now() / 1000) + 3600  // Unix timestamp
    });
    //#endregion
    return Response.json(await env.MY_KV.list());
  },

  async '/metadata'(request, env) {
    const userData = 'of the user';
    //#region 2.11 metadata
    // Write with metadata
    await env.MY_KV.put('user:123', userData, {
      metadata: {
        lastModified: Date.now(),
        version: 2
      }
    });

    // Read with metadata
    const result = await env.MY_KV.getWithMetadata('user:123');
    if (result.value !== null) {
      console.log('Value:', result.value);
      console.log('Metadata:', result.metadata);
      console.log('Cache status:', result.cacheStatus);
    }
    //#endregion
    return Response.json(result);
  },

  async '/list'(request, env) {
    //#region 2.12 listing keys
    // List all keys
    const result = await env.MY_KV.list();
    console.log('Keys:', result.keys);
    console.log('Complete:', result.list_complete);

    // List with prefix
    const users = await env.MY_KV.list({
      prefix: 'user:'
    });

    // List with cursor for pagination
    let cursor;
    do {
      const result = await env.MY_KV.list({
        prefix: 'user:',
        limit: 10,
        cursor
      });
      
      for (const key of result.keys) {
        console.log(key.name, key.metadata);
      }
      
      cursor = result.cursor;
    } while (!result.list_complete);
    //#endregion
    return Response.json({ all: result.keys.length, users: users.keys.length, complete: result.list_complete });
  },

  async '/list-options'(request, env) {
    //#region 2.13 list options
    const result = await env.MY_KV.list({
      prefix: 'user:',     // Filter by prefix
      limit: 100,          // Max keys to return (default 1000)
      cursor: 'abc123'     // Pagination cursor
    });
    //#endregion
    return Response.json(result);
  },

  async '/delete'(request, env) {
    //#region 2.14 deleting values
    await env.MY_KV.delete('key');
    //#endregion
    return new Response(await env.MY_KV.get('key'));
  },

  async '/prefixes'(request, env) {
    const [data, prefs, config] = ['data', 'prefs', 'config'];
    //#region 2.24 organize keys with prefixes
    // Good: organized with prefixes
    await env.KV.put('user:123:profile', data);
    await env.KV.put('user:123:prefs', prefs);
    await env.KV.put('config:app', config);

    // Bad: flat namespace
    await env.KV.put('user123profile', data);
    //#endregion
    const names = async (prefix) => (await env.KV.list({ prefix })).keys.map(({ name }) => name);
    return Response.json({ all: await names(''), user: await names('user:') });
  },

  async '/session-data'(request, env) {
    const [id, data] = ['1', 'of the session'];
    //#region 2.25 TTL for temporary data
    // Session data expires in 1 hour
    await env.KV.put('session:' + id, data, {
      expirationTtl: 3600
    });
    //#endregion
    return new Response(await env.KV.get('session:1'));
  },

  async '/small-metadata'(request, env) {
    const value = 'v';
    //#region 2.27 small amounts of metadata
    await env.KV.put('data', value, {
      metadata: {
        version: 1,
        created: Date.now(),
        author: 'system'
      }
    });
    //#endregion
    return Response.json(await env.KV.list({ prefix: 'data' }));
  },
};
