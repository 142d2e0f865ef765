type Env = { SESSIONS: KVNamespace };

//#region 1.13 sessions
const SESSION_TTL = 60 * 60 * 24 * 7; // 7 days
async function createSession(env: Env, userId: string): Promise<string> {
const id = crypto.randomUUID();
await env.SESSIONS.put(id, JSON.stringify({ userId, createdAt: Date.now() }), {
expirationTtl: SESSION_TTL,
});
return id;
}
async function getSession(env: Env, id: string) {
const raw = await env.SESSIONS.get(id);
return raw ? JSON.parse(raw) : null;
}
//#endregion

export { createSession, getSession };
