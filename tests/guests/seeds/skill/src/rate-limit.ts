interface Env {
  KV: KVNamespace;
}

// @ts-expect-error: the seed has lost the `<boolean>` of the type.
//#region 3.14 rate limiting
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

export { checkRateLimit };
