// `wasi:cli/environment` in Node.js: the variables of the project, as `larder test` says them.

import { configure } from '../settings.js';

/** @import { Settings } from '../settings.js' */

/** What of a project's config a program can see. @typedef {{ vars?: Record<string, string>, settings?: Settings }} Project */

/** What `larder test` says of the project. @returns {Project} */
export function projectOfEnvironment() {
  return JSON.parse(process.env.LARDER_PROJECT ?? '{}');
}

const { vars = {}, settings } = projectOfEnvironment();
// As `larder build` compiles them in.
configure(settings);

/** @returns {[name: string, value: string][]} */
export function getEnvironment() {
  return Object.entries(vars);
}
