// Serves worker.mjs by miniflare as its documentation does: `node miniflare.mjs PORT DIRECTORY`, with
// namespaces in the directory.

import { Miniflare } from 'miniflare';
import { fileURLToPath } from 'node:url';

const [, , port, kvPersist] = process.argv;
const server = new Miniflare({
  modules: true,
  scriptPath: fileURLToPath(new URL('worker.mjs', import.meta.url)),
  compatibilityDate: '2026-07-30',
  kvNamespaces: ['KV'],
  kvPersist,
  host: '127.0.0.1',
  port: Number(port),
});
await server.ready;

process.on('SIGTERM', async () => {
  await server.dispose();
  process.exit();
});
