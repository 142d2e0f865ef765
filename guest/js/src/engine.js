// The component behind `larder dev`: the runtime of `worker.js`, which takes the worker from the host.

import * as store from 'larder:kv/store@0.1.0';
import { source } from 'larder:worlds/bundle';
import * as environment from 'wasi:cli/environment@0.2.10';
import { describeErrorsOnConsole, report, words } from './errors.js';
import { respond } from './worker.js';

/** What answers every request: the worker that the host has when the first comes. */
export function responder() {
  globalThis[Symbol.for('larder.host')] = {
    'larder:kv/store@0.1.0': store,
    'wasi:cli/environment@0.2.10': environment,
  };
  describeErrorsOnConsole();
  return start;
}

async function start(event) {
  try {
    // Indirect, so that the script sees the globals and nothing of this module.
    if (loaded() === undefined) await (0, eval)(source());
  } catch (error) {
    return showFailure('Uncaught (while the worker was loaded) ', error);
  }
  return respond(loaded(), event, showFailure);
}

function loaded() {
  return globalThis[Symbol.for('larder.worker')];
}

/** Says in the terminal what was thrown, and to the client, who is its author. */
function showFailure(what, error) {
  report(what, error);
  return new Response(`${what}${words(error)}\n`, { status: 500 });
}
