import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseJson } from '../src/json.js';

/** Texts that are no JSON, and what workerd 1.20260730.1 says of them. */
const recorded = JSON.parse(readFileSync(new URL('json.json', import.meta.url), 'utf8'));

test('what is no JSON is told in the words of Workers', () => {
  assert.ok(recorded.length > 200);
  for (const [text, message] of recorded) {
    assert.throws(() => parseJson(text), { name: 'SyntaxError', message }, JSON.stringify(text));
  }
});

test('JSON is parsed', () => {
  for (const text of [' null ', '"\ufeff\ud800"', '{"__proto__":{"a":[1,-2.5e-3]}}', '[[],{},""]']) {
    assert.deepEqual(parseJson(text), JSON.parse(text));
  }
});
