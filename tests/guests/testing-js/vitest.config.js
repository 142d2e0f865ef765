/** Leaves to Node.js what `larder test` lets it find: vitest would look for it in `node_modules`. */
const larder = {
  name: 'larder',
  enforce: 'pre',
  resolveId: (id) => (/^larder[-:]/.test(id) ? { id: import.meta.resolve(id), external: true } : null),
};

export default { plugins: [larder], test: { include: ['test/vitest.test.js'] } };
