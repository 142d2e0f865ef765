// Every block of seed 2, at a path of its own; what stands between the regions is ours.

import cache from './cache.js';
import { pages as reading } from './reading.ts';
import { pages as using } from './using.ts';
import value from './value.js';
import { pages as writing } from './writing.ts';

const pages = {
  '/value': (request, env) => value.fetch(request, env),
  ...reading,
  ...writing,
  ...using,
};

export default {
  fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    // The pages of the cache are those of the origin, of whatever path.
    const page = pages[pathname] ?? cache.fetch;
    return page(request, env, searchParams);
  },
};
