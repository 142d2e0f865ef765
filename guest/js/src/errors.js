// Errors as the terminal shows them: at the places in the sources, not in the bundle.

import { TraceMap, originalPositionFor } from '@jridgewell/trace-mapping';

/** Frames of the engine look like `name@file:line:column`; those of a script in it name `eval`. */
const FRAME = /^(.*?)@(.*):(\d+):(\d+)$/;

let map;

/** The map that the bundle carries. */
function sourceMap() {
  const text = globalThis[Symbol.for('larder.map')];
  if (map === undefined && text !== undefined) map = readMap(JSON.parse(text));
  return map;
}

/**
 * A map of a bundle, with by how many lines it begins later than the map says, and whether it is a
 * script within the runtime.
 */
export function readMap({ lines = 0, script = false, ...json }) {
  return { trace: new TraceMap(json), lines, script };
}

/** An error with its stack; anything else that was thrown as the console would show it. */
export function describe(error) {
  if (!(error instanceof Error)) return error;
  const lines = [`${error.name}: ${error.message}`, ...frames(error.stack ?? '', sourceMap())];
  if (error.cause !== undefined) lines.push(`caused by ${describe(error.cause)}`);
  return lines.join('\n');
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
function place(known, name, file, line, column) {
  // Frames of the runtime around a script have no map.
  if (known.script && !file.includes('> eval')) return undefined;
  // The map counts columns from 0, the engine from 1.
  const found = originalPositionFor(known.trace, { line: line - known.lines, column: Math.max(0, column - 1) });
  if (found.source === null || found.source.startsWith('larder-guest/')) return undefined;
  const at = `${found.source}:${found.line}:${found.column + 1}`;
  const caller = name.replace(/^async\*/, 'async ').replace(/[/<]+$/, '');
  return caller ? `    at ${caller} (${at})` : `    at ${at}`;
}

/** Says something on the standard error of the component, as `console.error` does. */
export function report(prefix, error) {
  console.error(`${prefix}${describe(error)}`);
}

/** Lets every method of the console show errors with their places in the sources. */
export function describeErrorsOnConsole() {
  for (const method of ['debug', 'error', 'info', 'log', 'trace', 'warn']) {
    const original = console[method];
    if (typeof original !== 'function') continue;
    console[method] = (...values) => original.apply(console, values.map(describe));
  }
}
