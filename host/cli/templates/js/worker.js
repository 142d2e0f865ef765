export default {
  async fetch(request, env) {
    const visits = Number(await env.KV.get('visits')) + 1;
    await env.KV.put('visits', String(visits));
    return new Response(`Hello! This is visit ${visits}.\n`);
  },
};
