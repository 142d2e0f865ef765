// Every block of seed 3, at a path of its own; what stands between the regions is ours.

import auth from './auth.ts';
import { pages as patterns } from './patterns.ts';
import { pages as values } from './values.ts';

const pages = { ...patterns, ...values };

export default {
  fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const page = pages[pathname];
    return page ? page(request, env, searchParams) : auth.fetch(request, env, ctx);
  },
};
