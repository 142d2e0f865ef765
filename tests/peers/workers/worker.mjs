// What a worker does with a namespace: one get for each request, or a loop that is timed from outside.
// The same file runs in miniflare, in wrangler dev, and as a component of Larder.

/** As many keys as there are below `key-`. */
const KEYS = 10_000;
const VALUE = 'v'.repeat(100);

export default {
  async fetch(request, env) {
    const [, what, times] = new URL(request.url).pathname.split('/');
    if (what === 'get') return new Response(await env.KV.get(times));
    if (what === 'none') return new Response(VALUE);
    if (what === 'fill') return new Response(await fill(env.KV, Number(times)));
    return new Response(`${await run(env.KV, what, Number(times))}`);
  },
};

/** How many bytes of values or how many keys were seen, so that nothing is left out. */
async function run(kv, what, times) {
  if (!Number.isInteger(times)) throw new TypeError('how many times?');
  const below = numbers();
  const length = async (name) => (await kv.get(name)).length;
  let seen = 0;
  for (let time = 0; time < times; time++) {
    switch (what) {
      case 'nothing':
        seen += 1;
        break;
      case 'all':
        seen += await length(key(time));
        break;
      case 'get-hot':
        seen += await length(key(0));
        break;
      case 'get-uniform':
        seen += await length(key(below(KEYS)));
        break;
      case 'put':
        await kv.put(`put-${below(1000)}`, VALUE);
        seen += 1;
        break;
      case 'list':
        seen += (await kv.list({ prefix: 'key-', limit: 1000 })).keys.length;
        break;
      case 'bulk': {
        const values = await kv.get(hundred(below(KEYS)));
        for (const value of values.values()) seen += value.length;
        break;
      }
      case 'gets':
        for (const name of hundred(below(KEYS))) seen += await length(name);
        break;
      default:
        throw new TypeError(`no such thing: ${what}`);
    }
  }
  return seen;
}

/** Writes a hundred of the keys. */
async function fill(kv, hundreds) {
  const puts = Array.from({ length: 100 }, (_, one) => kv.put(key(hundreds * 100 + one), VALUE));
  await Promise.all(puts);
}

function key(number) {
  return `key-${String(number).padStart(5, '0')}`;
}

/** As many keys far from each other, each of them once. */
function hundred(first) {
  return Array.from({ length: 100 }, (_, place) => key((first + 97 * place) % KEYS));
}

/** Numbers without an order that are the same each time, and in each language. */
function numbers() {
  let last = 1;
  return (end) => {
    last = (last * 16_807) % 2_147_483_647;
    return last % end;
  };
}
