// Seed 3: the quick reference and the key design patterns.

import { recorded } from './recorded.ts';

export const operations = {
  async '/quick-reference'(request, given) {
    const { kv, answers } = recorded(given.KV);
    const env = { KV: kv };
    //#region 3.1 read value
    await env.KV.get("user:123")
    //#endregion
    //#region 3.2 read with metadata
    await env.KV.getWithMetadata("key", "json")
    //#endregion
    //#region 3.3 write value
    await env.KV.put("key", "value", { expirationTtl: 3600 })
    //#endregion
    //#region 3.4 delete value
    await env.KV.delete("key")
    //#endregion
    //#region 3.5 list keys
    await env.KV.list({ prefix: "user:" })
    //#endregion
    return Response.json(answers);
  },

  async '/value-types'(request, given) {
    const { kv, answers } = recorded(given.KV);
    const env = { KV: kv };
    //#region 3.6 value types
    // String (default)
    await env.KV.get("key")
    // JSON (auto-parse)
    await env.KV.get("user:123", "json")
    // Binary
    await env.KV.get("image", "arrayBuffer")
    // Stream
    await env.KV.get("large-file", "stream")
    //#endregion
    return Response.json(answers);
  },

  async '/login'(request, env) {
    //#region 3.9 store a session token
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
    return Response.json({ token, keys: (await env.AUTH_TOKENS.list()).keys });
  },

  async '/ttl'(request, env) {
    const data = 'of a while';
    //#region 3.10 TTL
    // Expire after 1 hour
    await env.KV.put("cache:api-response", data, { expirationTtl: 3600 })
    // Expire at specific time
    await env.KV.put("promo:summer", data, {
      expiration: Math.floor(Date.now() / 1000) + 86400
    })
    //#endregion
    return Response.json((await env.KV.list()).keys);
  },

  async '/naming'(request, env) {
    //#region 3.11 key naming conventions
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
    const userData = JSON.stringify({ name: 'Ada' });
    //#region 3.12 metadata
    // Store metadata with value
    await env.KV.put("user:123", userData, {
      metadata: {
        created: Date.now(),
        version: "v1",
        tags: ["premium", "verified"]
      }
    })
    // Read with metadata
    const { value, metadata } = await env.KV.getWithMetadata("user:123", "json")
    console.log(metadata.tags) // ["premium", "verified"]
    //#endregion
    return Response.json({ value, metadata });
  },
};
