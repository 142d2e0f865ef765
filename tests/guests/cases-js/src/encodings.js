// The encodings of the cases' legend, both ways.

const text = (value) => new TextEncoder().encode(value);

/** A stream of chunks; `end` gets the controller when they are used up. */
function chunks(list, end = (controller) => controller.close()) {
  const rest = [...list];
  return new ReadableStream({
    pull(controller) {
      if (rest.length > 0) controller.enqueue(rest.shift());
      else end(controller);
    },
  });
}

async function consumed(stream, count) {
  const reader = stream.getReader();
  for (let read = 0; read < count; read += 1) await reader.read();
  reader.releaseLock();
  return stream;
}

const decoders = {
  $repeat: ([piece, count]) => piece.repeat(count),
  $bytes: (bytes) => new Uint8Array(bytes).buffer,
  $view: ({ bytes, from, to }) => new Uint8Array(bytes).subarray(from, to),
  $data_view: ({ bytes, from, to }) => new DataView(new Uint8Array(bytes).buffer, from, to - from),
  $uint16: (units) => new Uint16Array(units),
  $detached: (bytes) => {
    const buffer = new ArrayBuffer(bytes);
    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  },
  $stream: (value) => chunks([text(value)]),
  $chunked: ([chunk, count]) => {
    const bytes = text(chunk);
    return chunks(Array.from({ length: count }, () => bytes));
  },
  $stream_of: (list) => chunks(list),
  $empty_stream: () => chunks([]),
  $stream_failing_after: ([chunk, message]) =>
    chunks(chunk === null ? [] : [text(chunk)], (controller) => {
      controller.error(new RangeError(message));
    }),
  $locked_stream: (value) => {
    const stream = chunks([text(value)]);
    stream.getReader();
    return stream;
  },
  $half_read_stream: ([first, second]) => consumed(chunks([text(first), text(second)]), 1),
  $read_stream: (value) => consumed(chunks([text(value)]), 2),
  $body: (value) => new Response(value).body,
  $undefined: () => undefined,
  $number: Number,
  $bigint: BigInt,
  $symbol: Symbol,
  $function: () => () => {},
  $date: (milliseconds) => new Date(milliseconds),
  $blob: (value) => new Blob([value]),
  $response: (value) => new Response(value),
  $string_object: (value) => Object(value),
  $utf16: (units) => String.fromCharCode(...units),
  $to_string: (value) => ({ toString: () => value }),
  $to_string_throws: (message) => ({
    toString() {
      throw new RangeError(message);
    },
  }),
  $value_of: (value) => ({ valueOf: () => value }),
  $getter_throws: ([name, message]) =>
    Object.defineProperty({}, name, {
      get() {
        throw new RangeError(message);
      },
    }),
  $inherited: (properties) => Object.create(properties),
  $to_json: (value) => ({ toJSON: () => value }),
  $cyclic: () => {
    const value = {};
    value.self = value;
    return value;
  },
  $seq: ([prefix, from, to]) =>
    Array.from({ length: to - from }, (_, index) => prefix + (from + index)),
  $times: ([value, count]) => Array(count).fill(value),
  $holes: (count) => new Array(count),
  $join: (parts) => parts.join(''),
  $now_plus: (seconds, kv, { now }) => now + seconds,
  $cursor_of: async (options, kv) => (await kv.list(options)).cursor,
  $saved_cursor: (_, kv, { cursor }) => cursor,
};

export async function decoded(value, kv, state) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map((item) => decoded(item, kv, state)));
  if ('$literal' in value) return value.$literal;
  const [encoding] = Object.keys(value);
  if (encoding in decoders) {
    return decoders[encoding](await decoded(value[encoding], kv, state), kv, state);
  }
  const entries = Object.entries(value).map(async ([name, item]) => [
    name,
    await decoded(item, kv, state),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

export async function encoded(value) {
  if (value === undefined) return { $undefined: true };
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ArrayBuffer) return { $bytes: [...new Uint8Array(value)] };
  if (value instanceof ReadableStream) return { $stream: await new Response(value).text() };
  if (Array.isArray(value)) return Promise.all(value.map(encoded));
  if (value instanceof Map) return { $map: await encoded([...value]) };
  // An answer of JSON may have any keys, also `__proto__`; so they are not assigned to an object.
  const entries = Object.entries(value).map(async ([key, item]) => [key, await encoded(item)]);
  return Object.fromEntries(await Promise.all(entries));
}
