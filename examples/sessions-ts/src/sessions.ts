// Sessions that end when they are not used for a while.

import { Refusal, json } from './answer';

const PREFIX = 'session:';

interface Session {
  user: string;
  /** Seconds that it lasts without being used. */
  ttl: number;
  /** Unix time in seconds. */
  created: number;
}

/** What is kept beside a session, so that a listing has it without reading the session. */
type Metadata = Pick<Session, 'user'>;

export async function logIn(request: Request, env: Env) {
  const { user, ttl } = await login(request);
  const ttlMax = Number(env.SESSION_TTL);
  const session = {
    user,
    ttl: Math.min(ttl ?? ttlMax, ttlMax),
    created: Math.floor(Date.now() / 1000),
  };
  const id = newId();
  await write(env, id, session);
  return json({ session: id }, { status: 201, headers: cookie(id, session.ttl) });
}

/** The session of the request, which begins to last anew. */
export async function resume(request: Request, env: Env) {
  const id = idOf(request);
  const session = await env.SESSIONS.get<Session>(PREFIX + id, 'json');
  if (session === null) throw noSession();
  await write(env, id, session);
  return json(session, { headers: cookie(id, session.ttl) });
}

export async function logOut(request: Request, env: Env) {
  await env.SESSIONS.delete(PREFIX + idOf(request));
  return new Response('logged out\n', { headers: cookie('', 0) });
}

export async function list(env: Env) {
  const listed = [];
  for await (const { name, metadata, expiration } of sessions(env)) {
    // The beginning of its id: the whole id is as good as the user's password.
    const session = name.slice(PREFIX.length, PREFIX.length + 8);
    listed.push({ session, user: metadata?.user, expiration });
  }
  return json(listed);
}

/** Ends the sessions of the user whom the query names. */
export async function endAll(user: string | null, env: Env) {
  if (!user) throw new Refusal(400, 'say whose: DELETE /sessions?user=ada');
  let ended = 0;
  for await (const { name, metadata } of sessions(env)) {
    if (metadata?.user !== user) continue;
    await env.SESSIONS.delete(name);
    ended += 1;
  }
  return json({ ended });
}

/** Every session, page by page. */
async function* sessions(env: Env) {
  let cursor: string | undefined;
  do {
    const page = await env.SESSIONS.list<Metadata>({ prefix: PREFIX, cursor });
    yield* page.keys;
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor !== undefined);
}

async function write(env: Env, id: string, session: Session) {
  const metadata: Metadata = { user: session.user };
  const options = { expirationTtl: session.ttl, metadata };
  await env.SESSIONS.put(PREFIX + id, JSON.stringify(session), options);
}

async function login(request: Request): Promise<{ user: string; ttl?: number }> {
  const body = await request.text();
  // `curl -d` calls everything a form.
  const { user, ttl } = body.trimStart().startsWith('{')
    ? parsed(body)
    : Object.fromEntries<unknown>(new URLSearchParams(body));
  const expected = 'the body is to be {"user":"ada"} or user=ada';
  if (typeof user !== 'string' || user === '') throw new Refusal(400, expected);
  if (ttl === undefined) return { user };
  const seconds = Number(ttl);
  if (!Number.isInteger(seconds) || seconds < 1) {
    throw new Refusal(400, 'ttl is a whole number of seconds');
  }
  return { user, ttl: seconds };
}

function parsed(body: string) {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Refusal(400, `the body is no JSON: ${(error as Error).message}`);
  }
}

/** 128 random bits in hexadecimal. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function idOf(request: Request) {
  const bearer = request.headers.get('Authorization')?.match(/^Bearer (.+)$/)?.[1];
  const cookie = request.headers.get('Cookie')?.match(/(?:^|; *)session=([^;]+)/)?.[1];
  const id = bearer ?? cookie;
  // No id of ours; and a key has at most 512 bytes.
  if (id === undefined || !/^[0-9a-f]{32}$/.test(id)) throw noSession();
  return id;
}

function noSession() {
  return new Refusal(401, 'no such session, or it has ended');
}

function cookie(id: string, ttl: number) {
  return { 'Set-Cookie': `session=${id}; Max-Age=${ttl}; Path=/; HttpOnly; SameSite=Lax` };
}
