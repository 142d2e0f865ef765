// The worker in Node.js, where its bindings are those of a store's socket: each line of the standard
// input is the body of a request, and each line that it prints that of the answer.

import '../../../guest/js/src/node/register.js';
import { linesOf } from '../lines.mjs';

const { environment } = await import('larder-guest');
const { default: worker } = await import('./src/worker.js');

for await (const body of linesOf(process.stdin)) {
  const answer = await worker.fetch(new Request('http://cases/', { method: 'POST', body }), environment());
  console.log(await answer.text());
}
