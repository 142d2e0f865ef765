// Seed 2: reading values.

export const reading = {
  async '/text'(request, env) {
    //#region 2.2 get as text
    const value = await env.MY_KV.get('key');
    if (value === null) {
      return new Response('Not found', { status: 404 });
    }
    return new Response(value);
    //#endregion
  },

  async '/json'(request, env) {
    //#region 2.3 get as JSON
    const data = await env.MY_KV.get('user:123', 'json');
    if (data === null) {
      return new Response('Not found', { status: 404 });
    }
    console.log(data.name, data.email);
    //#endregion
    return Response.json(data);
  },

  async '/array-buffer'(request, env) {
    //#region 2.4 get as ArrayBuffer
    const buffer = await env.MY_KV.get('image', 'arrayBuffer');
    if (buffer === null) {
      return new Response('Not found', { status: 404 });
    }
    return new Response(buffer, {
      headers: { 'Content-Type': 'image/png' }
    });
    //#endregion
  },

  async '/stream'(request, env) {
    //#region 2.5 get as stream
    const stream = await env.MY_KV.get('large-file', 'stream');
    if (stream === null) {
      return new Response('Not found', { status: 404 });
    }
    return new Response(stream);
    //#endregion
  },

  async '/options'(request, env) {
    //#region 2.6 get options
    const value = await env.MY_KV.get('key', {
      type: 'text',
      cacheTtl: 3600  // Cache at the edge for 1 hour
    });
    //#endregion
    return new Response(value);
  },

  async '/bulk'(request, env) {
    //#region 2.15 bulk get
    const keys = ['key1', 'key2', 'key3'];
    const results = await env.MY_KV.get(keys, 'json');

    // Results is a Map
    for (const [key, value] of results) {
      console.log(`${key}:`, value);
    }
    //#endregion
    return Response.json([results instanceof Map, ...results]);
  },

  async '/bulk-with-metadata'(request, env) {
    //#region 2.16 bulk get with metadata
    const keys = ['key1', 'key2', 'key3'];
    const results = await env.MY_KV.getWithMetadata(keys, 'json');

    // Results is a Map of objects with value and metadata
    for (const [key, result] of results) {
      console.log(`${key}:`, result.value, result.metadata);
    }
    //#endregion
    return Response.json([results instanceof Map, ...results]);
  },

  async '/exists'(request, env) {
    const getDefaultValue = () => 'the default';
    const read = async () => {
      //#region 2.26 always check if a value exists
      const value = await env.KV.get('key');
      if (value === null) {
        // Key doesn't exist or has expired
        return getDefaultValue();
      }
      //#endregion
      return value;
    };
    return new Response(await read());
  },
};
