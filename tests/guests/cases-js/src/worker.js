// Does one operation of a case on a binding: what the driver posts, with the values that JSON
// cannot hold in the encodings of the cases' legend. The answer is the outcome, encoded likewise.

import { KVNamespace } from 'larder-guest';
import { encoded } from './encodings.js';
import { outcome } from './operations.js';

export default {
  async fetch(request, env) {
    const { binding, settings, operation, state } = await request.json();
    const kv = settings ? new KVNamespace(binding, settings) : env[binding];
    const answer = await outcome(kv, operation, state);
    return Response.json(await encoded(answer));
  },
};
