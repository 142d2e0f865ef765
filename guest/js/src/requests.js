// Requests of wasi:http answered one after another, where the engine's own event answers but one.

import { Fields, OutgoingBody, OutgoingResponse, ResponseOutparam } from 'wasi:http/types@0.2.10';
import { report } from './errors.js';
import { RequestBody, Unread, write } from './host-streams.js';
import { endTimers } from './timers.js';
import { failed } from './worker.js';

/**
 * The export `wasi:http/incoming-handler`. The call lasts until everything of the request is done.
 *
 * @param {(event: { request: Request, waitUntil(promise: Promise<unknown>): void }) => Promise<Response>} respond
 */
export function handlerBy(respond) {
  return {
    async handle(incoming, outparam) {
      const body = new RequestBody(incoming);
      const awaited = [];
      const waitUntil = (promise) => awaited.push(promise);
      const request = requestOf(incoming, body);
      const response = request === undefined ? badRequest() : await respond({ request, waitUntil });
      await send(response, outparam, request?.method === 'HEAD');
      // What is awaited may have more awaited.
      while (awaited.length > 0) await Promise.all(awaited.splice(0));
      endTimers();
      body[Symbol.dispose]();
      incoming[Symbol.dispose]();
    },
  };
}

/** None when its target or a header is nothing that a `Request` may have. */
function requestOf(incoming, body) {
  const method = methodOf(incoming.method());
  const scheme = incoming.scheme()?.tag === 'HTTPS' ? 'https' : 'http';
  const url = `${scheme}://${incoming.authority()}${incoming.pathWithQuery() ?? '/'}`;
  const fields = incoming.headers();
  const headers = fields.entries().map(([name, value]) => [name, textOf(value)]);
  fields[Symbol.dispose]();
  const bodiless = ['GET', 'HEAD'].includes(method.toUpperCase());
  try {
    return new Request(url, { method, headers, body: bodiless ? undefined : body.stream(), duplex: 'half' });
  } catch {
    return undefined;
  }
}

function badRequest() {
  return new Response('Bad Request\n', { status: 400 });
}

function methodOf({ tag, val }) {
  return tag === 'other' ? val : tag.toUpperCase();
}

/** Sends the worker's answer, or in place of one that cannot be sent that of a failure. */
async function send(response, outparam, isHead) {
  const { outgoing, body, source } = prepared(response) ?? prepared(failed());
  ResponseOutparam.set(outparam, { tag: 'ok', val: outgoing });
  if (source) await sendBody(source, body, isHead);
}

/** The answer for the host; none of what it refuses, or of a body that somebody else reads. */
function prepared({ status, headers, body: stream }) {
  let outgoing;
  try {
    const source = stream?.getReader();
    outgoing = new OutgoingResponse(fieldsOf(headers));
    outgoing.setStatusCode(status);
    return { outgoing, source, body: source && outgoing.body() };
  } catch (error) {
    outgoing?.[Symbol.dispose]();
    const refused = 'payload' in error ? new TypeError('its status or its headers cannot be sent') : error;
    report('Uncaught (in a Response) ', refused);
    return undefined;
  }
}

/** A stream that fails leaves the answer unfinished, so that its client can tell. */
async function sendBody(source, body, isHead) {
  const output = body.write();
  let whole = false;
  try {
    for (let read = await source.read(); !read.done; read = await source.read()) {
      await write(output, bytesOf(read.value));
    }
    whole = true;
  } catch (error) {
    // Nobody is to blame for a client that has gone.
    if (!(error instanceof Unread)) report('Uncaught (in the body of a Response) ', error);
    source.cancel(error).catch(() => {});
  }
  output[Symbol.dispose]();
  if (whole) finish(body, isHead);
  else body[Symbol.dispose]();
}

/** To a HEAD, an answer has the length of a body that it lacks. */
function finish(body, isHead) {
  try {
    OutgoingBody.finish(body, undefined);
  } catch ({ payload }) {
    const error = new TypeError(`not as long as its Content-Length: ${payload.tag}`);
    if (!isHead) report('Uncaught (in the body of a Response) ', error);
  }
}

function bytesOf(piece) {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError('the body of a Response is a stream of Uint8Array');
}

function fieldsOf(headers) {
  return Fields.fromList(Array.from(headers, ([name, value]) => [name, latin1(value)]));
}

/** Each byte as the character of its number. */
function textOf(bytes) {
  return String.fromCharCode.apply(null, bytes);
}

const encoder = new TextEncoder();

function latin1(text) {
  const bytes = encoder.encode(text);
  return bytes.length === text.length ? bytes : Uint8Array.from(text, (character) => character.charCodeAt(0));
}
