// What a worker may do that is not reading and writing, a page for each.

import { env as imported } from 'larder-guest';
import { fail, things } from './failing';

const awaited = await Promise.resolve('awaited at the top');

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const pages = {
  '/': () => new Response(awaited),

  '/random': () =>
    Response.json([
      Math.random(),
      crypto.randomUUID(),
      crypto.getRandomValues(new Uint32Array(2)).join(),
    ]),

  '/environment': (_, env) => Response.json([env.GREETING, imported.GREETING, Object.keys(imported).sort()]),

  '/stream'() {
    const stream = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('first\n'));
        await sleep(1500);
        controller.enqueue(new TextEncoder().encode('second\n'));
        controller.close();
      },
    });
    return new Response(stream);
  },

  async '/length'(request) {
    return Response.json((await request.arrayBuffer()).byteLength);
  },

  '/later'(_, env, ctx) {
    const work = async () => {
      await sleep(500);
      await env.KV.put('later', 'done');
    };
    ctx.waitUntil(work());
    ctx.waitUntil(Promise.reject(new Error('it went wrong later')));
    return new Response('answered');
  },

  '/of-later': async (_, env) => new Response(await env.KV.get('later')),

  async '/short'(_, env) {
    await env.KV.put('short', 'v', { expirationTtl: 1 });
    return new Response(await env.KV.get('short'));
  },

  async '/values'(_, env) {
    await env.VALUES.put('a', { b: [1] });
    return Response.json([await env.VALUES.get('a'), await imported.VALUES.list()]);
  },

  '/throws': () => fail({ what: 'a page' }),
  async '/throws-later'() {
    await sleep(1);
    throw new TypeError('later', { cause: new Error('its cause') });
  },
  '/throws-text': () => Promise.reject('no error at all'),
  '/no-response': () => 'text',

  '/console'() {
    console.log('log', { a: [1] }, 2, null, undefined);
    console.info('info');
    console.warn('warn');
    console.error('error', new Error('as a value'));
    console.debug('debug');
    return new Response('said');
  },

  async '/fetch'(request) {
    const url = new URL(request.url).searchParams.get('url');
    try {
      return new Response(await (await fetch(url)).text());
    } catch (error) {
      return new Response(`${error.name}: ${error.message}`, { status: 502 });
    }
  },

  '/throws-thing': (request) => Promise.reject(things[new URL(request.url).searchParams.get('what')]),
  async '/read-response'() {
    const response = new Response('text');
    await response.text();
    return response;
  },

  // More streams at once than a host has readers and writers for a guest.
  async '/streams'(_, { KV }) {
    const lengths = Array.from({ length: 140 }, (_, number) => (number % 2) * 263_000);
    const put = (length, number) => KV.put(`stream${number}`, new Response('x'.repeat(length)).body);
    await Promise.all(lengths.map(put));
    const streams = await Promise.all(lengths.map((_, number) => KV.get(`stream${number}`, 'stream')));
    const read = await Promise.all(streams.map((stream) => new Response(stream).text()));
    return Response.json(read.every((text, number) => text.length === lengths[number]));
  },
};

export default {
  fetch(request, env, ctx) {
    return pages[new URL(request.url).pathname](request, env, ctx);
  },
};
