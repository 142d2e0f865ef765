// Sums up the orders of a day, or all of them, and keeps the sum as a report.

import { Namespace } from 'larder:kv/store@0.1.0';
import { getArguments } from 'wasi:cli/environment@0.2.10';
import { toBytes, toText } from './text.js';

/** Most keys of one read. */
const READ_KEYS_MAX = 100;

export const run = {
  run() {
    const [, day = ''] = getArguments();
    const report = { orders: 0, total: 0, skipped: [] };
    for (const [key, value] of entries(Namespace.open('ORDERS'), day)) add(report, key, value);
    Namespace.open('REPORTS').put(day || 'all', toBytes(JSON.stringify(report)));
  },
};

/** Every key with its value, page by page. */
function* entries(namespace, prefix) {
  let cursor;
  do {
    const page = namespace.list({ prefix, cursor, limit: READ_KEYS_MAX, reverse: false });
    const names = page.keys.map(({ name }) => name);
    const found = names.length > 0 ? namespace.getMany(names) : [];
    for (const [place, entry] of found.entries()) {
      // It may have gone since it was listed.
      if (entry) yield [names[place], entry.value];
    }
    cursor = page.cursor;
  } while (cursor);
}

function add(report, key, value) {
  try {
    const { amount } = JSON.parse(toText(value));
    if (typeof amount !== 'number') throw new TypeError('an order has an amount');
    report.total += amount;
    report.orders += 1;
  } catch {
    report.skipped.push(key);
  }
}
