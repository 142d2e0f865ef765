//#region 0.1 read a value
export default {
  async fetch(request, env) {
    // Read a value
    const user = await env.KV.get('user:123');

    if (!user) {
      return new Response('Not found', { status: 404 });
    }

    return Response.json(user);
  }
};
//#endregion
