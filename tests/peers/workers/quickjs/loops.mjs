// The loops of ../worker.mjs on QuickJS, which serves no HTTP: as a command, `larder run -- get-hot 1000`.

import { Namespace } from 'larder:kv/store@0.1.0';
import { getArguments } from 'wasi:cli/environment@0.2.10';

/** As many keys as there are below `key-`. */
const KEYS = 10_000;
const VALUE = new Uint8Array(100).fill(118);

export const run = {
  run() {
    const [, what, times] = getArguments();
    if (!loop(Namespace.open('KV'), what, Number(times))) throw new Error('nothing was seen');
  },
};

/** Whether as many bytes of values or keys were seen as there are, so that nothing is left out. */
function loop(kv, what, times) {
  const below = numbers();
  let seen = 0;
  for (let time = 0; time < times; time++) {
    switch (what) {
      case 'nothing':
        seen += 1;
        break;
      case 'get-hot':
        seen += kv.get(key(0)).length;
        break;
      case 'get-uniform':
        seen += kv.get(key(below(KEYS))).length;
        break;
      case 'put':
        kv.put(`put-${below(1000)}`, VALUE);
        seen += 1;
        break;
      case 'list':
        seen += kv.list({ prefix: 'key-', limit: 1000, reverse: false }).keys.length;
        break;
      case 'bulk': {
        for (const entry of kv.getMany(hundred(below(KEYS)))) seen += entry.value.length;
        break;
      }
      case 'gets':
        for (const name of hundred(below(KEYS))) seen += kv.get(name).length;
        break;
      default:
        throw new TypeError(`no such thing: ${what}`);
    }
  }
  return seen >= times;
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
