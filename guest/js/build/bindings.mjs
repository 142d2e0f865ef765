// What the bindings that componentize-js 0.22 generates get wrong, or do at length, and what is put in
// its place.

/** Texts that stand for others. */
const CORRECTIONS = [
  // They drop a byte order mark at the head of a text.
  ['TEXT_DECODER_UTF8 = new TextDecoder()', "TEXT_DECODER_UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })"],
  // The engine takes neither a negative 64-bit number nor one of 32 bits above the signed ones as what it is.
  ['return BigInt.asIntN(64, converted)', 'return BigInt.asUintN(64, converted)'],
  ['return val >>> 0;', 'return val | 0;'],
  ['new Uint8Array(memory.buffer).set(buf, ptr);', 'viewsOf(memory).u8.set(buf, ptr);'],
  // Nobody asks how many characters a text has.
  [', codepoints: [...s].length', ''],
];

/**
 * Views of all memory, made anew when it has grown; reading one costs the engine a quarter of a method of
 * DataView. What a call brings is aligned.
 */
const VIEWS = `
let views = { buffer: undefined };
function viewsOf(memory) {
  const { buffer } = memory;
  if (views.buffer !== buffer) {
    views = {
      buffer,
      u8: new Uint8Array(buffer),
      u32: new Uint32Array(buffer, 0, buffer.byteLength >>> 2),
      u64: new BigUint64Array(buffer, 0, buffer.byteLength >>> 3),
    };
  }
  return views;
}
function lowerTexts(texts, at) {
  const all = texts.join('');
  const bytes = TEXT_ENCODER_UTF8.encode(all);
  // Only ASCII has as many bytes as units, and is cut apart by the lengths of the texts.
  if (bytes.length !== all.length) return lowerEachText(texts, at);
  let ptr = $realloc(0, 0, 1, bytes.length);
  const { u8, u32 } = viewsOf($memory);
  u8.set(bytes, ptr);
  let index = at >>> 2;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i];
    if (typeof text !== 'string') return lowerEachText(texts, at);
    u32[index++] = ptr;
    u32[index++] = text.length;
    ptr += text.length;
  }
}
function lowerEachText(texts, at) {
  let index = at >>> 2;
  for (let i = 0; i < texts.length; i++) {
    const { ptr, len } = _utf8AllocateAndEncode(texts[i], $realloc, $memory);
    const { u32 } = viewsOf($memory);
    u32[index++] = ptr;
    u32[index++] = len;
  }
}
`;

/** What is traced of a call for those who work on the generator. */
const TRACE = /_debugLog\('\[Instruction::[^']*'(, \{[^}]*\})?\);/g;

/**
 * A call of the host amid what keeps account of tasks. A component of WASI 0.2 has one, so there is
 * nothing to keep account of; in the engine, which interprets, it takes longer than the rest of the call.
 */
const CALL = new RegExp(
  [
    'const hostProvided = false;',
    'const \\[task, _wasm_call_currentTaskID\\] = createNewCurrentTask\\(\\{.*?\\n\\s*\\}\\);',
    'const started = task\\.enterSync\\(\\);',
    'if \\(null!== null\\) \\{.*?\\n\\s*\\}',
    '(let ret;)?',
    'try \\{',
    '(?:ret =\\s*)?_withGlobalCurrentTaskMeta\\(\\{',
    'taskID: task\\.id\\(\\),',
    'componentIdx: task\\.componentIdx\\(\\),',
    'fn: \\(\\) => ([^\\n]*),\\n\\s*\\}\\);',
    '\\} catch \\(err\\) \\{',
    'task\\.setErrored\\(err\\);',
    'task\\.reject\\(err\\);',
    'task\\.exit\\(\\);',
    'throw err;',
    '\\}((?:(?!createNewCurrentTask).)*?)task\\.resolve\\(\\[(?:[^\\n]*|\\{.*?\\})\\]\\);',
    'task\\.exit\\(\\);',
  ].join('\\s*'),
  'gs',
);

/**
 * Nothing frees the memory of what a call is given and what it answers, which of few bytes is no matter.
 * More is given in a place that the next call has again; of an answer all but the least is given back.
 */
const LEFT_MAX = 1024;
const MEMORY = `
const spare = new Map();
const lent = new Map();
function room(len) {
  // Of what goes into a list, the place is not given back: it is not to take that of something large.
  const [ptr, had] = [...spare].find(([, had]) => had <= 2 * len) ?? [0, 0];
  spare.delete(ptr);
  const place = had < len ? $realloc(ptr, had, 1, len) : ptr;
  lent.set(place, Math.max(had, len));
  return place;
}
function release(ptr) {
  if (!lent.has(ptr)) return;
  spare.set(ptr, lent.get(ptr));
  lent.delete(ptr);
}
function taken(whole, ptr, len) {
  const bytes = new Uint8Array(whole.slice(ptr, ptr + len));
  $realloc(ptr, len, 1, 1);
  return bytes;
}
`;

/** Where bytes for a call are put. */
const PLACE = /var (ptr\d+) = \$realloc\(0, 0, 1, (len\d+) \* 1\);/g;

/** Bytes or a text that a call is given itself, not in a list. */
const GIVEN = /(ptr\d+), (len\d+)/g;

/**
 * How what a call answers is read. A copy is made by the buffer, not by a view of it: the bindings have a
 * global of their own, and what a view makes is no ArrayBuffer to the worker.
 */
const LIFTING = [
  [/BigInt\.asUintN\(64, BigInt\(dataView\(\$memory\)\.getBigInt64\(([^(),]*), true\)\)\)/g, 'u64[($1) >>> 3]'],
  [/dataView\(\$memory\)\.getUint32\(([^(),]*), true\)/g, 'u32[($1) >>> 2]'],
  [/dataView\(\$memory\)\.getUint8\(([^(),]*), true\)/g, 'u8[$1]'],
  [
    /new Uint8Array\(\$memory\.buffer\.slice\((\w+), \w+ \+ (\w+) \* 1\)\)/g,
    `($2 > ${LEFT_MAX} ? taken(whole, $1, $2) : new Uint8Array(whole.slice($1, $1 + $2)))`,
  ],
  [/new Uint8Array\(\$memory\.buffer, (\w+), (\w+)\)/g, 'new Uint8Array(whole, $1, $2)'],
];

/** A list of texts, one by one. */
const TEXTS = new RegExp(
  [
    'for \\(let i = 0; i < (\\w+)\\.length; i\\+\\+\\) \\{',
    'const e = \\w+\\[i\\];',
    'const base = (\\w+) \\+ i \\* 8;',
    'var encodeRes = _utf8AllocateAndEncode\\(e, \\$realloc, \\$memory\\);',
    'var \\w+= encodeRes\\.ptr;',
    'var \\w+ = encodeRes\\.len;',
    'dataView\\(\\$memory\\)\\.setUint32\\(base \\+ 4, \\w+, true\\);',
    'dataView\\(\\$memory\\)\\.setUint32\\(base \\+ 0, \\w+, true\\);',
    '\\}',
  ].join('\\s*'),
  'g',
);

/** The bindings, corrected, and without what no component of ours needs. */
export function corrected(bindings) {
  const text = CORRECTIONS.reduce((text, [wrong, right]) => text.replaceAll(wrong, right), bindings);
  // Counted by another mark than what is looked for, and expected whole where the contract is imported.
  const calls = text.match(/=> \$import_\w/g)?.length ?? 0;
  const lacks = bindings.includes('$import_larder_kv_store') && CORRECTIONS.some(([wrong]) => !bindings.includes(wrong));
  if (lacks || (text.match(CALL)?.length ?? 0) !== calls) {
    throw new Error('the bindings are not those of componentize-js 0.22');
  }
  return text
    .replace(TRACE, '')
    .replace(CALL, call)
    .replace(TEXTS, 'lowerTexts($1, $2);')
    .replace(PLACE, `var $1 = $2 > ${LEFT_MAX} ? room($2) : $realloc(0, 0, 1, $2);`)
    .concat(VIEWS, MEMORY);
}

/** The call alone. What it answers lies where it lies until the next, so that one view shows all of it. */
function call(_, hasResult, invocation, lifting) {
  const given = [...invocation.matchAll(GIVEN)];
  const released = given.map(([, ptr, len]) => ` if (${len} > ${LEFT_MAX}) release(${ptr});`).join('');
  if (!hasResult) return `${invocation};${released}${lifting}`;
  const lifted = LIFTING.reduce((text, [wrong, right]) => text.replace(wrong, right), lifting);
  const views = lifted === lifting ? '' : ' const { buffer: whole, u8, u32, u64 } = viewsOf($memory);';
  return `const ret = ${invocation};${released}${views}${lifted}`;
}
