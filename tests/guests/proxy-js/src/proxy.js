// Hands `larder:kv/store` on, so that every case of tests/conformance runs through the bindings of
// JavaScript. What the binding throws is thrown on: both sides know it as the same `error`.

import { Namespace, Writer, bindings } from 'larder:kv/store@0.1.0';

/** The namespace that was opened last. */
let namespace;

/** Readers and writers by their numbers, which are not used again. */
const handles = new Map();
let handlesMade = 0;

function number(handle) {
  handlesMade += 1;
  handles.set(handlesMade, handle);
  return handlesMade;
}

function drop(handle) {
  handles.get(handle)[Symbol.dispose]();
  handles.delete(handle);
}

export const operations = {
  bindings,
  open(binding) {
    const opened = Namespace.open(binding);
    namespace?.[Symbol.dispose]();
    namespace = opened;
  },

  get: (key) => namespace.get(key),
  getEntry: (key) => namespace.getEntry(key),
  getMany: (keys) => namespace.getMany(keys),
  head: (key) => namespace.head(key),
  put: (key, value) => namespace.put(key, value),
  putWith: (key, value, options) => namespace.putWith(key, value, options),
  delete: (key) => namespace.delete(key),
  deleteIf: (key, version) => namespace.deleteIf(key, version),
  expire: (key, expiration) => namespace.expire(key, expiration),
  increment: (key, delta, expiration) => namespace.increment(key, delta, expiration),
  list: (options) => namespace.list(options),
  commit: (checks, operations) => namespace.commit(checks, operations),

  openReader(key) {
    const reader = namespace.openReader(key);
    // None is `undefined` on StarlingMonkey and null on QuickJS.
    return reader == null ? undefined : number(reader);
  },
  info: (reader) => handles.get(reader).info(),
  read: (reader, offset, max) => handles.get(reader).read(offset, max),
  dropReader: drop,

  openWriter: (key, options) => number(namespace.openWriter(key, options)),
  write: (writer, chunk) => handles.get(writer).write(chunk),
  finish(writer) {
    const handle = handles.get(writer);
    handles.delete(writer);
    return Writer.finish(handle);
  },
  dropWriter: drop,

  getRepeatedly(key, times) {
    for (let time = 0; time < times; time += 1) namespace.get(key);
  },
};
