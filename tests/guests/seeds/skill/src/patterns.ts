type Env = { CACHE: KVNamespace; KV: KVNamespace; ORIGIN: string };

export const pages = {
  async '/login'(request, env) {
    //#region 3.2 store a session token
    // Create token (e.g., on login)
    const token = crypto.randomUUID()
    const userData = { userId: 123, email: "user@example.com" }

    // Store with 24-hour expiration
    await env.AUTH_TOKENS.put(
      token,
      JSON.stringify(userData),
      { expirationTtl: 86400 }
    )
    //#endregion
    return new Response(token);
  },

  async '/ttl'(request, env) {
    const data = 'data';
    //#region 3.3 TTL
    // Expire after 1 hour
    await env.KV.put("cache:api-response", data, { expirationTtl: 3600 })

    // Expire at specific time
    await env.KV.put("promo:summer", data, { expiration: Math.floor(Date.now() / 1000) + 86400 })
    //#endregion
    return Response.json((await env.KV.list()).keys);
  },

  async '/names'(request, env) {
    for (const name of ['user:123', 'session:abc123', 'user:124']) await env.KV.put(name, 'v');
    //#region 3.4 naming of keys
    // Use prefixes for organization and listing
    "user:123" // User data
    "session:abc123" // Session tokens
    "cache:api:/users" // API cache
    "config:feature:new" // Feature flags
    "rate:ip:1.2.3.4" // Rate limiting

    // List all user keys
    const { keys } = await env.KV.list({ prefix: "user:" })
    //#endregion
    return Response.json(keys);
  },

  async '/metadata'(request, env) {
    const lines = [];
    const console = { log: (...line) => lines.push(line) };
    const userData = '{"name":"Ada"}';
    //#region 3.5 metadata
    // Store metadata with value
    await env.KV.put("user:123", userData, {
      metadata: { created: Date.now(), version: "v1", tags: ["premium", "verified"] }
    })

    // Read with metadata
    const { value, metadata } = await env.KV.getWithMetadata("user:123", "json")
    console.log(metadata.tags) // ["premium", "verified"]
    //#endregion
    return Response.json({ value, lines });
  },

  async '/cached'(request, env: Env) {
    const fetchFromAPI = async () => (await fetch(env.ORIGIN)).json();
    //#region 3.6 caching
    async function getCachedData(env: Env, key: string) {
      // Try cache first
      const cached = await env.CACHE.get(key, "json")
      if (cached) return cached

      // Fetch from origin
      const data = await fetchFromAPI()

      // Cache for 5 minutes
      await env.CACHE.put(key, JSON.stringify(data), { expirationTtl: 300 })
      return data
    }
    //#endregion
    return Response.json(await getCachedData(env, 'api'));
  },

  async '/limited'(request, env: Env) {
    //#region 3.7 rate limiting
    async function checkRateLimit(env: Env, ip: string): Promise {
      const key = `rate:${ip}`
      const count = await env.KV.get(key)

      if (!count) {
        // First request
        await env.KV.put(key, "1", { expirationTtl: 60 })
        return true
      }

      const current = parseInt(count)
      if (current >= 100) {
        return false // Rate limit exceeded
      }

      // Increment counter
      await env.KV.put(key, String(current + 1), { expirationTtl: 60 })
      return true
    }
    //#endregion
    return Response.json(await checkRateLimit(env, request.headers.get('CF-Connecting-IP')));
  },

  async '/user'(request, env) {
    const lines = [];
    const console = { log: (...line) => lines.push(line) };
    const read = async () => {
      //#region 3.8 keys that are not found
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
      return user;
    };
    const before = await read();
    await env.KV.put('key', 'v');
    await env.KV.put('user:123', '{"name":"Ada"}');
    return Response.json({ before, after: await read(), lines });
  },

  async '/consistent'(request, env) {
    //#region 3.9 consistency
    // Write may take seconds to propagate globally
    await env.KV.put("counter", "1")

    // Immediate read might return old value or null
    const value = await env.KV.get("counter") // Could be null or "1"

    // For strong consistency, use Durable Objects instead
    //#endregion
    return Response.json(value);
  },

  async '/sizes'(request, env, query) {
    const data = 'x'.repeat(Number(query.get('bytes')));
    env = { ...env, BUCKET: { put: (name) => env.KV.put('in the bucket', name) } };
    //#region 3.10 size limits
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
    return Response.json((await env.KV.list()).keys);
  },

  async '/pages'(request, env) {
    for (let number = 0; number < 1001; number += 1) await env.KV.put(`user:${number}`, 'v');
    //#region 3.11 pagination
    // List returns max 1000 keys per call
    let cursor: string | undefined
    const allKeys: string[] = []

    do {
      const result = await env.KV.list({ prefix: "user:", cursor })
      allKeys.push(...result.keys.map(k => k.name))
      cursor = result.list_complete ? undefined : result.cursor
    } while (cursor)
    //#endregion
    return Response.json(allKeys.length);
  },
};
