// The proxy as a program of this machine, in Node.js, where its bindings are those of a store's socket:
// each line of JSON is a call, and each line that it prints an answer. `tests/guests/src/proxies.rs`
// says how they are written.

import '../../../guest/js/src/node/register.js';
import { linesOf } from '../lines.mjs';

const { operations } = await import('./src/proxy.js');

/** Functions that answer without a `result`. */
const PLAIN = new Set(['bindings', 'info', 'drop_reader', 'drop_writer']);

const camel = (name) => name.replace(/[-_](.)/g, (_, letter) => letter.toUpperCase());
const pascal = (name) => camel(`-${name}`);
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const kebab = (name) => snake(name).slice(1).replaceAll('_', '-');

/** A variant, with the conversion of what its case holds. */
function variant(value, of) {
  if (value === null) return undefined;
  if (typeof value === 'string') return { tag: kebab(value) };
  const [[name, held]] = Object.entries(value);
  return { tag: kebab(name), val: of(held, kebab(name)) };
}

const bytes = (value) => Uint8Array.from(value);
const expiration = (value) => variant(value, BigInt);
const condition = (value) => variant(value, BigInt);
/** A record whose fields that are not said are left out. */
const record = (value) => Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
const options = (value) => ({
  ...record(value),
  expiration: expiration(value.expiration),
  condition: condition(value.condition ?? null),
});
const check = (value) => ({ key: value.key, condition: condition(value.condition) });
const operation = (value) =>
  variant(value, (held, tag) => {
    if (tag === 'delete') return held;
    const given = { ...record(held), expiration: expiration(held.expiration) };
    if (tag === 'put') return { ...given, value: bytes(held.value) };
    return tag === 'increment' ? { ...given, delta: BigInt(held.delta) } : given;
  });

/** How the arguments of a function are read; as they are when it is not here. */
const readers = {
  put: (key, value) => [key, bytes(value)],
  put_with: (key, value, given) => [key, bytes(value), options(given)],
  delete_if: (key, version) => [key, BigInt(version)],
  expire: (key, given) => [key, expiration(given)],
  increment: (key, delta, given) => [key, BigInt(delta), expiration(given)],
  list: (given) => [record(given)],
  commit: (checks, operations) => [checks.map(check), operations.map(operation)],
  read: (reader, offset, max) => [reader, BigInt(offset), max],
  open_writer: (key, given) => [key, options(given)],
  write: (writer, chunk) => [writer, bytes(chunk)],
};

/** An answer as JSON. */
function written(value) {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'bigint') return String(value);
  if (ArrayBuffer.isView(value)) return `[${value.join(',')}]`;
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  if ('tag' in value) {
    const name = JSON.stringify(pascal(value.tag));
    return 'val' in value ? `{${name}:${written(value.val)}}` : name;
  }
  const fields = Object.entries(value).map(([name, field]) => `"${snake(name)}":${written(field)}`);
  return `{${fields.join(',')}}`;
}

/** The names in an error's value are those of enums. */
function refusal({ tag, val }) {
  if (tag === 'too-large') return { tag, val: { ...val, of: pascal(val.of) } };
  return tag === 'quota-exceeded' ? { tag, val: pascal(val) } : val === undefined ? { tag } : { tag, val };
}

function answer([name, given]) {
  if (name === 'store') {
    [process.env.LARDER_SOCKET] = given;
    return 'null';
  }
  const call = operations[camel(name)];
  const values = given ?? [];
  const read = readers[name]?.(...values) ?? values;
  if (PLAIN.has(name)) return written(call(...read));
  try {
    return `{"Ok":${written(call(...read))}}`;
  } catch (error) {
    if (error.payload === undefined) throw error;
    return `{"Err":${written(refusal(error.payload))}}`;
  }
}

/** Integers that a number does not hold, outside of texts, as texts. */
const exact = (json) => json.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}/g, (part) => (part[0] === '"' ? part : `"${part}"`));

for await (const line of linesOf(process.stdin)) {
  process.stdout.write(`${answer(JSON.parse(exact(line)))}\n`);
}
