// What `startWorker` lets `larder test` run: it says where the store and the worker are, and ends
// with whoever asked for them.

import { projectOfEnvironment } from './environment.js';

const { LARDER_SOCKET: socket, LARDER_URL: url } = process.env;
process.stdout.write(`larder-guest: ${JSON.stringify({ socket, url, project: projectOfEnvironment() })}\n`);
process.stdin.resume().on('end', () => process.exit());
