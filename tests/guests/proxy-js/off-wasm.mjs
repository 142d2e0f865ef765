// The proxy as a program of this machine, in Node.js, where its bindings are those of a store's socket:
// each line of JSON is a call, and each line that it prints an answer. `tests/guests/src/proxies.rs`
// says how they are written.

import { readSync } from 'node:fs';
import '../../../guest/js/src/node/register.js';

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

/** The lists of bytes that came with a call, and those that go with its answer. */
let given = [];
let answered = [];

const bytes = () => given.shift();
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
    const options = { ...record(held), expiration: expiration(held.expiration) };
    if (tag === 'put') return { ...options, value: bytes() };
    return tag === 'increment' ? { ...options, delta: BigInt(held.delta) } : options;
  });

/** How the arguments of a function are read; as they are when it is not here. */
const readers = {
  put: (key) => [key, bytes()],
  put_with: (key, _, said) => [key, bytes(), options(said)],
  delete_if: (key, version) => [key, BigInt(version)],
  expire: (key, until) => [key, expiration(until)],
  increment: (key, delta, until) => [key, BigInt(delta), expiration(until)],
  list: (said) => [record(said)],
  commit: (checks, operations) => [checks.map(check), operations.map(operation)],
  read: (reader, offset, max) => [reader, BigInt(offset), max],
  open_writer: (key, said) => [key, options(said)],
  write: (writer) => [writer, bytes()],
};

/** An answer as JSON. */
function written(value) {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) {
    answered.push(value);
    return '[]';
  }
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

function answerOf(name, values) {
  if (name === 'store') {
    [process.env.LARDER_SOCKET] = values;
    return 'null';
  }
  const call = operations[camel(name)];
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

/** What was read beyond what was asked for. */
let ahead = Buffer.alloc(0);

/** So many bytes of the input. */
function take(length) {
  const taken = new Uint8Array(length);
  let end = ahead.copy(taken);
  ahead = ahead.subarray(end);
  while (end < length) end += readSync(0, taken, { offset: end });
  return taken;
}

/** The next line of the input; none at its end. */
function takeLine() {
  const pieces = [];
  let piece = ahead;
  while (!piece.includes(0x0a)) {
    pieces.push(piece);
    const room = Buffer.alloc(1 << 16);
    piece = room.subarray(0, readSync(0, room));
    if (piece.length === 0) return undefined;
  }
  const end = piece.indexOf(0x0a);
  ahead = piece.subarray(end + 1);
  return Buffer.concat([...pieces, piece.subarray(0, end)]).toString();
}

/** Not `writeSync`, which fails where the pipe is full. */
const put = (content) => new Promise((written) => process.stdout.write(content, written));

for (let line = takeLine(); line !== undefined; line = takeLine()) {
  const [name, values, lengths] = JSON.parse(exact(line));
  [given, answered] = [lengths.map(take), []];
  const answer = answerOf(name, values);
  await put(`[${answer},[${answered.map((list) => list.byteLength)}]]\n`);
  for (const list of answered) await put(list);
}
