import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  toGetOptions,
  toInt32,
  toKeys,
  toListOptions,
  toPutOptions,
  toText,
} from '../src/arguments.js';

test('a number is truncated to 32 bits, or refused beyond them', () => {
  const read = [
    [59.9, 59], [-0.5, 0], ['0x5a', 90], [' 90 ', 90], [[90], 90], [true, 1], [null, 0], ['x', 0],
    [{}, 0], [NaN, 0], [Infinity, 0], [-2147483648, -2147483648], [2147483647, 2147483647],
  ];
  for (const [value, number] of read) assert.equal(toInt32(value) + 0, number, String(value));
  for (const value of [2147483648, 2147483647.5, -2147483649, new Date()]) {
    assert.throws(() => toInt32(value), {
      name: 'TypeError',
      message: 'Value out of range. Must be between -2147483648 and 2147483647 (inclusive).',
    });
  }
  assert.throws(() => toInt32(60n), { message: 'Cannot convert a BigInt value to a number' });
  assert.throws(() => toInt32(Symbol()), { message: 'Cannot convert a Symbol value to a number' });
});

test('a key is its text, and only an array is several keys', () => {
  assert.equal(toText(1e21), '1e+21');
  assert.throws(() => toText(Symbol()), { message: 'Cannot convert a Symbol value to a string' });
  assert.deepEqual(toKeys([1, , ['k'], null]), ['1', 'undefined', 'k', 'null']);
  assert.equal(toKeys(new Set(['k'])), '[object Set]');
});

test('options are read in the order of Workers, each converted before the next is read', () => {
  const read = [];
  const options = new Proxy({}, { get: (_, name) => void read.push(name) });
  toGetOptions(options);
  toPutOptions(options);
  toListOptions(options);
  assert.deepEqual(read, [
    'type', 'cacheTtl', 'expiration', 'expirationTtl', 'metadata', 'limit', 'prefix', 'cursor',
  ]);
  const failing = {
    expiration: 2 ** 40,
    get expirationTtl() {
      throw new RangeError('read');
    },
  };
  assert.throws(() => toPutOptions(failing), { name: 'TypeError' });
});

test('what is no options is refused, and null is none', () => {
  assert.deepEqual(toGetOptions(5), { type: '5' });
  assert.deepEqual(toGetOptions(null), {});
  assert.deepEqual(toGetOptions(() => {}), { type: undefined, cacheTtl: undefined });
  assert.deepEqual(toListOptions({ prefix: null, cursor: null, limit: null }), {
    limit: 0,
    prefix: undefined,
    cursor: undefined,
  });
  assert.throws(() => toPutOptions('x'), {
    name: 'TypeError',
    message: "Failed to execute 'put' on 'KvNamespace': parameter 3 is not of type 'PutOptions'.",
  });
});
