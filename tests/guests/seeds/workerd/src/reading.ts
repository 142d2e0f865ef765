export const pages = {
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

  async '/image'(request, env) {
    //#region 2.4 get as an ArrayBuffer
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
    //#region 2.5 get as a stream
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

  async '/list'(request, env) {
    //#region 2.12 list
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
    return Response.json({ result, users });
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

  async '/bulk'(request, env) {
    const lines = [];
    const console = { log: (...line) => lines.push(line) };
    //#region 2.15 bulk get
    const keys = ['key1', 'key2', 'key3'];
    const results = await env.MY_KV.get(keys, 'json');

    // Results is a Map
    for (const [key, value] of results) {
      console.log(`${key}:`, value);
    }
    //#endregion
    return Response.json(lines);
  },

  async '/bulk-metadata'(request, env) {
    const lines = [];
    const console = { log: (...line) => lines.push(line) };
    //#region 2.16 bulk get with metadata
    const keys = ['key1', 'key2', 'key3'];
    const results = await env.MY_KV.getWithMetadata(keys, 'json');

    // Results is a Map of objects with value and metadata
    for (const [key, result] of results) {
      console.log(`${key}:`, result.value, result.metadata);
    }
    //#endregion
    return Response.json(lines);
  },

  async '/checked'(request, env) {
    const getDefaultValue = () => new Response('the default');
    //#region 2.26 check whether a value is there
    const value = await env.KV.get('key');
    if (value === null) {
      // Key doesn't exist or has expired
      return getDefaultValue();
    }
    //#endregion
    return new Response(value);
  },
};
