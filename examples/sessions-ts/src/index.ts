// Sessions, feature flags and a rate limit over HTTP, by nothing but the API of Workers KV.

import { Refusal } from './answer';
import * as flags from './flags';
import * as rateLimit from './rate-limit';
import * as sessions from './sessions';

const HELP = `\
POST   /login           {"user":"ada"} or user=ada; with "ttl", a session that ends sooner
GET    /session         the session of the cookie or of \`Authorization: Bearer ID\`; its time begins anew
POST   /logout          end that session
GET    /sessions        all sessions and when they end
DELETE /sessions?user=  end all sessions of a user
GET    /flags           all feature flags
GET    /flags/NAME      one of them
PUT    /flags/NAME      set it to true, false or any JSON
GET    /limited         a page that each client may have a few times a minute
`;

type Page = (request: Request, env: Env, url: URL) => Response | Promise<Response>;

const pages: Record<string, Record<string, Page>> = {
  '/': { GET: () => new Response(HELP) },
  '/login': { POST: sessions.logIn },
  '/session': { GET: sessions.resume },
  '/logout': { POST: sessions.logOut },
  '/sessions': {
    GET: (_, env) => sessions.list(env),
    DELETE: (_, env, url) => sessions.endAll(url.searchParams.get('user'), env),
  },
  '/flags': { GET: (_, env) => flags.list(env) },
  '/flags/': {
    GET: (_, env, url) => flags.get(flagOf(url), env),
    PUT: (request, env, url) => flags.put(flagOf(url), request, env),
  },
  '/limited': { GET: rateLimit.page },
};

export default {
  async fetch(request: Request, env: Env) {
    const url = new URL(request.url);
    try {
      return await page(request.method, url.pathname)(request, env, url);
    } catch (error) {
      if (error instanceof Refusal) return error.toResponse();
      throw error;
    }
  },
};

function page(method: string, path: string): Page {
  const methods = pages[path.startsWith('/flags/') ? '/flags/' : path];
  if (!methods) throw new Refusal(404, 'no such page; GET / lists those there are');
  const allowed = Object.keys(methods).join(', ');
  const found = methods[method];
  if (!found) throw new Refusal(405, `this page knows only ${allowed}`, { Allow: allowed });
  return found;
}

function flagOf(url: URL) {
  const name = url.pathname.slice('/flags/'.length);
  try {
    return decodeURIComponent(name);
  } catch {
    throw new Refusal(400, 'the name of the flag is not UTF-8');
  }
}
