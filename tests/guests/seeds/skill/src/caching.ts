interface Env {
  CACHE: KVNamespace;
}

/** A function of the page's that tells where the data comes from. */
export function caching(fetchFromAPI: () => Promise<unknown>) {
  //#region 3.13 caching pattern
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
  return getCachedData;
}
