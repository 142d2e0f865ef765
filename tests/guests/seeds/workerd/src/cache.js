//#region 2.21 cache with TTL
export default {
  async fetch(request, env) {
    const cacheKey = `cache:${request.url}`;
    
    // Try cache first
    const cached = await env.CACHE.get(cacheKey);
    if (cached !== null) {
      return new Response(cached);
    }
    
    // Fetch from origin
    const response = await fetch(request);
    const data = await response.text();
    
    // Cache for 1 hour
    await env.CACHE.put(cacheKey, data, {
      expirationTtl: 3600
    });
    
    return new Response(data);
  }
};
//#endregion
