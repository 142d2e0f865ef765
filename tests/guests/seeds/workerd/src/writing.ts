/** Everything about the keys of a namespace. */
async function entries(kv) {
  const { keys } = await kv.list();
  return Promise.all(keys.map(async ({ name, ...rest }) => ({ name, value: await kv.get(name), ...rest })));
}

export const pages = {
  async '/put-text'(request, env) {
    //#region 2.7 put text
    await env.MY_KV.put('key', 'value');
    //#endregion
    return Response.json(await entries(env.MY_KV));
  },

  async '/put-json'(request, env) {
    //#region 2.8 put JSON
    const data = { name: 'Alice', email: '[email protected]' };
    await env.MY_KV.put('user:123', JSON.stringify(data));
    //#endregion
    return Response.json(await entries(env.MY_KV));
  },

  async '/put-binary'(request, env) {
    //#region 2.9 put binary data
    const buffer = new Uint8Array([1, 2, 3, 4]);
    await env.MY_KV.put('binary', buffer);
    //#endregion
    return Response.json([...new Uint8Array(await env.MY_KV.get('binary', 'arrayBuffer'))]);
  },

  async '/put-options'(request, env) {
    const sessionData = 'data';
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
    return Response.json(await entries(env.MY_KV));
  },

  async '/metadata'(request, env) {
    const userData = 'data';
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

  async '/delete'(request, env) {
    //#region 2.14 delete
    await env.MY_KV.delete('key');
    //#endregion
    return Response.json(await entries(env.MY_KV));
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
    return Response.json((await env.KV.list({ prefix: 'user:' })).keys);
  },

  async '/temporary'(request, env) {
    const [id, data] = ['1', 'data'];
    //#region 2.25 use TTL
    // Session data expires in 1 hour
    await env.KV.put('session:' + id, data, {
      expirationTtl: 3600
    });
    //#endregion
    return Response.json((await env.KV.list({ prefix: 'session:' })).keys);
  },

  async '/small-metadata'(request, env) {
    const value = 'value';
    //#region 2.27 store metadata with values
    await env.KV.put('data', value, {
      metadata: {
        version: 1,
        created: Date.now(),
        author: 'system'
      }
    });
    //#endregion
    return Response.json((await env.KV.list({ prefix: 'data' })).keys);
  },

  // What the blocks that read find.
  async '/seed'(request, env, query) {
    const metadata = JSON.parse(query.get('metadata') ?? 'null');
    await env[query.get('binding')].put(query.get('key'), request.body, { metadata });
    return new Response('put');
  },
};
