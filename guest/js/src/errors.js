// Errors as the terminal shows them: at the places in the sources, not in the bundle.

import { TraceMap, traceSegment } from '@jridgewell/trace-mapping';

/** Frames of the engine look like `name@file:line:column`; those of a script in it name `eval`. */
const FRAME = /^(.*?)@(.*):(\d+):(\d+)$/;

let map;

/**
 * The map that the bundle carries: `mappings` by line, so that a place costs no more than its line;
 * by how many `lines` the bundle begins later; whether it is a `script` within the runtime.
 */
function sourceMap() {
  const text = globalThis[Symbol.for('larder.map')];
  if (map === undefined && text !== undefined) map = JSON.parse(text);
  return map;
}

/** An error with its stack; anything else as it is, for the console to show. */
export function describe(value) {
  return isError(value) ? words(value) : value;
}

/** Whatever may be thrown, as text. */
export function words(value, seen = new Set()) {
  try {
    return isError(value) ? errorWords(value, seen.add(value)) : plainWords(value);
  } catch {
    return 'something that cannot be shown';
  }
}

function isError(value) {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

function errorWords(error, seen) {
  const lines = [`${error.name}: ${error.message}`, ...frames(error.stack ?? '', sourceMap())];
  const several = error instanceof AggregateError ? error.errors : [];
  for (const cause of [...several, error.cause]) {
    if (cause !== undefined && !seen.has(cause)) lines.push(`caused by ${words(cause, seen)}`);
  }
  return lines.join('\n');
}

function plainWords(value) {
  const text = String(value);
  if (text !== '[object Object]') return text;
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));
}

/** A stack of the engine as lines with places in the sources; none without a map. */
export function frames(stack, known) {
  if (known === undefined) return [];
  return stack
    .split('\n')
    .map((line) => FRAME.exec(line.trim()))
    .filter((frame) => frame !== null)
    .map(([, name, file, line, column]) => place(known, name, file, Number(line), Number(column)))
    .filter((frame) => frame !== undefined);
}

/** One frame in the sources; none for what is not the program's own. */
function place(known, name, script, line, column) {
  // Frames of the runtime around a script have no map.
  if (known.script && !script.includes('> eval')) return undefined;
  const mappings = known.mappings[line - known.lines - 1];
  if (!mappings) return undefined;
  // The map counts columns from 0, the engine from 1.
  const ofLine = new TraceMap({ version: 3, sources: [], names: [], mappings });
  const [, file, row, offset] = traceSegment(ofLine, 0, Math.max(0, column - 1)) ?? [];
  const source = known.sources[file];
  if (source === undefined || source.startsWith('larder-guest/')) return undefined;
  const at = `${source}:${row + 1}:${offset + 1}`;
  const caller = name.replace(/^async\*/, 'async ').replace(/[/<]+$/, '');
  return caller ? `    at ${caller} (${at})` : `    at ${at}`;
}

/** Says something on the standard error of the component, as `console.error` does. */
export function report(prefix, error) {
  console.error(`${prefix}${words(error)}`);
}

/** Lets every method of the console show errors with their places in the sources. */
export function describeErrorsOnConsole() {
  for (const method of ['debug', 'error', 'info', 'log', 'trace', 'warn']) {
    const original = console[method];
    if (typeof original !== 'function') continue;
    console[method] = (...values) => original.apply(console, values.map(describe));
  }
}
