// Seed 3: edge cases, and listing.

export const edgeCases = {
  async '/not-found'(request, env) {
    //#region 3.15 handling 404s
    const value = await env.KV.get("key")
    if (value === null) {
      // Key doesn't exist or has expired
      console.log("Key not found")
    }
    // For JSON, check before parsing
    const userData = await env.KV.get("user:123")
    if (userData) {
      const user = JSON.parse(userData)
    }
    // Or use "json" type (returns null if not found)
    const user = await env.KV.get("user:123", "json")
    //#endregion
    return Response.json({ value, userData, user });
  },

  async '/consistency'(request, env) {
    //#region 3.16 eventual consistency
    // Write may take seconds to propagate globally
    await env.KV.put("counter", "1")
    // Immediate read might return old value or null
    const value = await env.KV.get("counter") // Could be null or "1"
    // For strong consistency, use Durable Objects instead
    //#endregion
    return Response.json(value);
  },

  async '/sizes'(request, { KV }) {
    const stored = async (data) => {
      const large: unknown[] = [];
      // R2 is another service; all that this needs of it is where the data goes.
      const BUCKET = { put: async (key, data) => large.push([key, data.length]) };
      const env = { KV, BUCKET };
      //#region 3.17 size limits
      // Keys: max 512 bytes
      // Values: max 25 MB
      // Metadata: max 1024 bytes
      // For larger data, use R2:
      if (data.length > 25 * 1024 * 1024) {
        await env.BUCKET.put("large-file", data)
      } else {
        await env.KV.put("small-file", data)
      }
      //#endregion
      return large;
    };
    const max = 25 * 1024 * 1024;
    return Response.json([
      await stored('x'.repeat(max + 1)),
      await KV.get('small-file'),
      await stored('x'.repeat(max)),
      (await KV.get('small-file')).length,
    ]);
  },

  async '/pagination'(request, env) {
    //#region 3.18 list pagination
    // List returns max 1000 keys per call
    let cursor: string | undefined
    const allKeys: string[] = []
    do {
      const result = await env.KV.list({ prefix: "user:", cursor })
      allKeys.push(...result.keys.map(k => k.name))
      cursor = result.list_complete ? undefined : result.cursor
    } while (cursor)
    //#endregion
    return Response.json(allKeys);
  },
};
