// A limit of requests per minute and client.

import { Refusal } from './answer';

const WINDOW_MS = 60_000;

/** When the window ends, in Unix milliseconds. */
interface Window {
  ends: number;
}

export async function page(request: Request, env: Env) {
  // The host sets this header itself, whatever the client sent.
  const key = `limit:${request.headers.get('CF-Connecting-IP')}`;
  const max = Number(env.RATE_LIMIT);
  const { value, metadata } = await env.LIMITS.getWithMetadata<Window>(key);
  const now = Date.now();
  // The first request begins the window, which the others leave as it is.
  const ends = metadata?.ends ?? now + WINDOW_MS;
  const requests = Number(value ?? 0) + 1;
  if (requests > max) {
    const seconds = Math.ceil((ends - now) / 1000);
    const message = `more than ${max} requests in a minute; try again in ${seconds} s`;
    throw new Refusal(429, message, { 'Retry-After': String(seconds) });
  }
  const expiration = Math.ceil(ends / 1000);
  await env.LIMITS.put(key, String(requests), { expiration, metadata: { ends } });
  return new Response(`request ${requests} of ${max} in this minute\n`);
}
