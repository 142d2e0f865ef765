import { decoded } from './encodings.js';

const operations = {
  put: (kv, { key, value, options }) => kv.put(key, value, ...given(options)),
  get: (kv, { key, type, options, no_args }) =>
    no_args ? kv.get() : kv.get(key, ...how(type, options)),
  get_bulk: (kv, { keys, type, options }) => kv.get(keys, ...how(type, options)),
  getWithMetadata: (kv, { key, type, options }) => kv.getWithMetadata(key, ...how(type, options)),
  getWithMetadata_bulk: (kv, { keys, type, options }) =>
    kv.getWithMetadata(keys, ...how(type, options)),
  delete: (kv, { key }) => kv.delete(key),
  deleteBulk: (kv, { keys }) => kv.deleteBulk(keys),
  list: (kv, { options }) => kv.list(...given(options)),

  // Any call, with any arguments.
  call: (kv, { method, args }) => kv[method](...args),
  // The same, telling what is thrown at once from what is a rejection.
  call_at_once: (kv, { method, args }) => {
    kv[method](...args).catch(() => {});
  },

  async put_many(kv, { keys }) {
    for (const key of keys) await kv.put(key, 'v');
  },
  async length(kv, { key }) {
    return (await kv.get(key, 'arrayBuffer')).byteLength;
  },
  async list_names(kv, { options }) {
    return (await kv.list(...given(options))).keys.map(({ name }) => name);
  },
  async list_pages(kv, { options = {} }) {
    const pages = [];
    for (let cursor; ; ) {
      const page = await kv.list({ ...options, cursor });
      pages.push(page.keys.map(({ name }) => name));
      if (page.list_complete) return pages;
      cursor = page.cursor;
    }
  },
  async save_cursor(kv, { options }) {
    return (await kv.list(options)).cursor;
  },

  // Several on one instance: an operation that failed must leave it as it was.
  async sequence(kv, { ops }, state) {
    const outcomes = [];
    for (const operation of ops) outcomes.push(await outcome(kv, operation, state));
    return outcomes;
  },
  // What an error says besides its message.
  async cause(kv, { operation }, state) {
    try {
      await operations[operation.op](kv, operation, state);
    } catch (error) {
      return error.cause;
    }
  },
  // The caller's buffer changes as soon as the call is under way.
  async put_changing(kv, { key, value }) {
    const written = kv.put(key, value);
    new Uint8Array(value.buffer ?? value).fill(0);
    await written;
  },
  // What the source of a stream hears when its put fails.
  async put_and_hear(kv, { key, chunk }) {
    let heard = 'nothing';
    const source = new ReadableStream({
      start: (controller) => controller.enqueue(chunk),
      cancel(reason) {
        heard = reason?.name;
      },
    });
    await kv.put(key, source).catch(() => {});
    return heard;
  },
  // What has been read of a stream when the key has changed since.
  async stream_across_put(kv, { key, value }) {
    const stream = await kv.get(key, 'stream');
    await kv.put(key, value);
    return stream;
  },
  // Many streams that nobody reads.
  async open_streams(kv, { key, count, cancel }) {
    for (let opened = 0; opened < count; opened += 1) {
      const stream = await kv.get(key, 'stream');
      if (cancel) await stream.cancel();
    }
  },
  // The pieces that a reader with a buffer of its own gets.
  async read_into(kv, { key, bytes }) {
    const reader = (await kv.get(key, 'stream')).getReader({ mode: 'byob' });
    const pieces = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(bytes));
      if (done) return pieces;
      pieces.push(value.slice().buffer);
    }
  },
};

/** What an operation came to: `{ok}` or `{error}`. */
export async function outcome(kv, operation, state) {
  try {
    // Those of a sequence are decoded each in its turn.
    const given = operation.op === 'sequence' ? operation : await decoded(operation, kv, state);
    return { ok: await operations[operation.op](kv, given, state) };
  } catch (error) {
    return { error: { name: error?.name, message: error?.message ?? String(error) } };
  }
}

/** An argument that a case leaves out is left out of the call. */
function given(options) {
  return options === undefined ? [] : [options];
}

function how(type, options) {
  return type === undefined ? given(options) : [type];
}
