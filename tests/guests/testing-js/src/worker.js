// What the tests ask, in Node.js and as a component: the value of a path, kept for so many seconds.

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const key = pathname.slice(1);
    if (key === 'now') return Response.json(Date.now());
    if (key === 'environment') {
      return Response.json({ names: Object.keys(env).sort(), greeting: env.GREETING });
    }
    if (key === 'echo') return new Response(request.body, { headers: { method: request.method } });
    if (request.method === 'PUT') {
      const expirationTtl = Number(searchParams.get('ttl'));
      await env.KV.put(key, request.body, { expirationTtl });
      return new Response(null, { status: 204 });
    }
    const value = await env.KV.get(key, 'stream');
    return new Response(value, { status: value ? 200 : 404 });
  },
};
