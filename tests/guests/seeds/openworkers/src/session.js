//#region 0.7 session storage with expiration
export default {
  async fetch(request, env) {
    const sessionId = request.headers.get('Cookie')?.match(/session=(w+)/)?.[1];

    if (!sessionId) {
      return new Response('Unauthorized', { status: 401 });
    }

    const session = await env.KV.get(`session:${sessionId}`);

    if (!session) {
      return new Response('Session expired', { status: 401 });
    }

    // Refresh session TTL on activity
    await env.KV.put(`session:${sessionId}`, session, { expiresIn: 1800 });

    return new Response('OK');
  }
};
//#endregion
