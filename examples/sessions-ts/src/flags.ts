// Feature flags: a name and any JSON, changed without deploying anything.

import { Refusal, json } from './answer';

/** Most keys of one read. */
const READ_KEYS_MAX = 100;

export async function list(env: Env) {
  const flags: [name: string, flag: unknown][] = [];
  let cursor: string | undefined;
  do {
    const page = await env.FLAGS.list({ limit: READ_KEYS_MAX, cursor });
    const names = page.keys.map(({ name }) => name);
    for (const [name, text] of names.length > 0 ? await env.FLAGS.get(names) : []) {
      if (text !== null) flags.push([name, asJson(text)]);
    }
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor !== undefined);
  return json(Object.fromEntries(flags));
}

export async function get(name: string, env: Env) {
  const text = await env.FLAGS.get(name);
  if (text === null) throw new Refusal(404, `there is no flag ${JSON.stringify(name)}`);
  return json(asJson(text));
}

export async function put(name: string, request: Request, env: Env) {
  const text = await request.text();
  try {
    JSON.parse(text);
  } catch (error) {
    const expected = 'a flag is JSON, such as true or "blue"';
    throw new Refusal(400, `${expected}: ${(error as Error).message}`);
  }
  await env.FLAGS.put(name, text);
  return json(JSON.parse(text));
}

/** Whoever puts a flag by another way than this one may not have written JSON. */
function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
