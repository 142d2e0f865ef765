// Sums up orders by day, and keeps the sums as reports.

import { Namespace } from 'larder:kv/store@0.1.0';
import { getArguments } from 'wasi:cli/environment@0.2.10';
import { entries } from './entries.js';

export const run = {
  run() {
    const [, day] = getArguments();
    const report = { orders: 0, total: 0, skipped: [] };
    for (const { name, value } of entries(Namespace.open('ORDERS'), day ?? '')) {
      add(report, name, value);
    }
    const reports = Namespace.open('REPORTS');
    reports.put(day ?? 'all', bytesOf(JSON.stringify(report)));
  },
};

function add(report, name, value) {
  try {
    const { amount } = JSON.parse(textOf(value));
    if (typeof amount !== 'number') throw new TypeError('no amount');
    report.orders += 1;
    report.total += amount;
  } catch {
    report.skipped.push(name);
  }
}
