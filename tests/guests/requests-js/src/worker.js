// What comes of a request, and what goes into its answer; what of it the next one sees, a page for each.

const bytes = (text) => new TextEncoder().encode(text);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** As it was when the module was loaded, as some libraries keep it. */
const { setInterval: kept } = globalThis;

let count = 0;
/** What a request leaves behind. */
const left = {};

const pages = {
  '/count': () => new Response(`${++count}`),

  '/seen': ({ method, url, headers }) => Response.json([method, url, headers.get('x-two'), headers.get('x-latin')]),

  '/headers'() {
    const headers = new Headers({ 'x-latin': 'caf\u00e9', 'x-two': 'one' });
    headers.append('x-two', 'two');
    headers.append('set-cookie', 'a=1');
    headers.append('set-cookie', 'b=2');
    return new Response(bytes('made'), { status: 201, headers });
  },

  '/text': () => new Response('text'),
  '/empty': () => new Response(''),
  '/nothing': () => new Response(null, { status: 204 }),

  '/whole': async (request) => new Response(await request.arrayBuffer()),
  '/echo': (request) => new Response(request.body),
  // What cannot be sent.
  '/locked'() {
    const response = new Response('locked');
    response.body.getReader();
    return response;
  },
  '/length': () => new Response('text', { headers: { 'content-length': 'long' } }),
  '/unread': () => new Response('not read'),
  '/first-piece': async (request) => new Response((await request.body.getReader().read()).value),

  // A body that does not come keeps no timer from ringing.
  '/race': async (request) =>
    new Response(await Promise.race([request.text(), sleep(200).then(() => 'the timer')])),

  async '/fetch'(request) {
    return fetch(new URL(request.url).searchParams.get('url'));
  },

  '/breaks'() {
    let pieces = 0;
    const pull = async (controller) => {
      if (pieces === 3) throw new Error('broken on purpose');
      pieces += 1;
      controller.enqueue(bytes('piece\n'));
      await sleep(50);
    };
    return new Response(new ReadableStream({ pull }));
  },

  '/endless'() {
    const pull = async (controller) => {
      await sleep(20);
      controller.enqueue(bytes('on and on\n'));
    };
    const cancel = () => {
      left.cancelled = true;
    };
    return new Response(new ReadableStream({ pull, cancel }));
  },

  '/leave'(request) {
    left.request = request;
    kept(() => {
      left.rang = true;
    }, 10);
    setTimeout(() => {
      throw new Error('of a request that is over');
    }, 50);
    return new Response('left');
  },
  async '/find'() {
    await sleep(200);
    const body = await left.request.text().catch((error) => `${error}`);
    return Response.json([body, left.rang === true]);
  },

  '/later'(_, env, ctx) {
    const work = async () => {
      await sleep(1000);
      left.waited = true;
    };
    ctx.waitUntil(work());
    return new Response('answered');
  },

  '/left': () => Response.json([count, Object.keys(left)]),
};

export default {
  fetch(request, env, ctx) {
    return pages[new URL(request.url).pathname](request, env, ctx);
  },
};
