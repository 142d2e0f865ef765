export const pages = {
  async '/quick'(request, env) {
    await env.KV.put('user:123', 'Ada');
    await env.KV.put('key', '{"a":1}', { metadata: 1 });
    const answers = [
      //#region 3.12 quick reference: get
      await env.KV.get("user:123")
      //#endregion
      ,
      //#region 3.13 quick reference: getWithMetadata
      await env.KV.getWithMetadata("key", "json")
      //#endregion
      ,
      //#region 3.14 quick reference: put
      await env.KV.put("key", "value", { expirationTtl: 3600 })
      //#endregion
      ,
      //#region 3.15 quick reference: delete
      await env.KV.delete("key")
      //#endregion
      ,
      //#region 3.16 quick reference: list
      await env.KV.list({ prefix: "user:" })
      //#endregion
    ];
    return Response.json(answers);
  },

  async '/types'(request, env) {
    await env.KV.put('key', 'v');
    await env.KV.put('user:123', '{"name":"Ada"}');
    await env.KV.put('image', new Uint8Array([0, 255]));
    await env.KV.put('large-file', 'x'.repeat(1_000_000));
    const kinds = [];
    const kv = env.KV;
    env = { KV: { async get(...args) {
      const value = await kv.get(...args);
      kinds.push(Object.prototype.toString.call(value));
      return value;
    } } };
    //#region 3.17 types of values
    // String (default)
    await env.KV.get("key")

    // JSON (auto-parse)
    await env.KV.get("user:123", "json")

    // Binary
    await env.KV.get("image", "arrayBuffer")

    // Stream
    await env.KV.get("large-file", "stream")
    //#endregion
    return Response.json(kinds);
  },
};
