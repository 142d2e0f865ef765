// Node.js has V8's own words to compare with.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '../src/json.js';

const PIECES = [
  '{', '}', '[', ']', ',', ':', '"a"', '"', '\\', '\\u', '\\u12', '\\n', '1', '0', '00', '12', '-', '.',
  'e', '+', 'true', 'fal', 'nul', 'null', 'tru"', 'x', 'é', '\u0001', '\ud83d', ' ', '\n', '\r\n', '\r',
  '[object Object]', 'NaN', 'undefined',
];
const WHOLE = JSON.stringify({ a: [1, 2, { b: 'x\ny' }], c: null, d: [], e: {}, f: -1.5e3 });

/** Numbers below `end` that look random and are the same each time. */
function numbers(seed) {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

/** A text of pieces, or a whole one with a piece put in and perhaps its end cut off. */
function text(below) {
  const piece = () => PIECES[below(PIECES.length)];
  if (below(2) === 0) return Array.from({ length: 1 + below(12) }, piece).join('');
  const at = below(WHOLE.length);
  const changed = WHOLE.slice(0, at) + piece() + WHOLE.slice(at + below(3));
  return below(3) === 0 ? changed.slice(0, below(changed.length)) : changed;
}

function outcome(parse, json) {
  try {
    return { value: parse(json) };
  } catch (error) {
    // Newer releases of V8 say the line as well.
    return { name: error.name, message: error.message.replace(/ \(line \d+ column \d+\)$/, '') };
  }
}

test('what is no JSON is told in the words of V8', () => {
  const below = numbers(1);
  for (let round = 0; round < 50_000; round += 1) {
    const json = text(below);
    assert.deepEqual(outcome(parseJson, json), outcome(JSON.parse, json), JSON.stringify(json));
  }
});

test('the place of a fault has its line', () => {
  assert.throws(() => parseJson('{bad'), {
    name: 'SyntaxError',
    message: "Expected property name or '}' in JSON at position 1 (line 1 column 2)",
  });
  assert.throws(() => parseJson('\n\r\n{"a" 1}'), {
    message: "Expected ':' after property name in JSON at position 8 (line 3 column 6)",
  });
});
