// `node --import larder-guest/register`: what a component imports can be imported in Node.js too.

import { register } from 'node:module';

register('./hooks.js', import.meta.url);
