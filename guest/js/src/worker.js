// A worker of the Workers style as a component: its `fetch` answers wasi:http.

import { describeErrorsOnConsole, report } from './errors.js';
import { environment } from './index.js';
import { configure } from './settings.js';

/**
 * What answers every request: the worker's default export, an object with a method `fetch`.
 *
 * @param {{ worker: { default?: unknown }, settings: import('./settings.js').Settings }} program
 */
export function responder(program) {
  handlerOf(program.worker);
  describeErrorsOnConsole();
  return (event) => respond(program, event);
}

/** The answer of the worker. */
export async function respond({ worker, settings }, event, fail = hideFailure) {
  try {
    configure(settings);
    const handler = handlerOf(worker);
    const response = await handler.fetch(event.request, environment(), contextOf(event));
    if (!(response instanceof Response)) {
      throw new TypeError('fetch() of the default export must return a Response');
    }
    if (response.bodyUsed) throw new TypeError('the body of the returned Response has been read already');
    return response;
  } catch (error) {
    return fail('Uncaught ', error);
  }
}

/** Says in the terminal what was thrown; the client hears no more than that something was. */
function hideFailure(what, error) {
  report(what, error);
  return failed();
}

export function failed() {
  return new Response('Internal Server Error\n', { status: 500 });
}

function handlerOf(worker) {
  const handler = worker.default;
  if (typeof handler?.fetch !== 'function') {
    throw new TypeError('the main module must `export default` an object with a method fetch(request, env, ctx)');
  }
  return handler;
}

function contextOf(event) {
  return {
    waitUntil(promise) {
      event.waitUntil(Promise.resolve(promise).catch((error) => report('Uncaught (in waitUntil) ', error)));
    },
    // There is no origin behind a component that a request could be passed to.
    passThroughOnException() {},
    props: {},
  };
}
