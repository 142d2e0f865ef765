interface Env {
  KV: KVNamespace;
}

// The seed names A/B testing in a table, "Store experiment assignments and feature toggles", and
// shows none: this is the least that does it.

/** The variant that the visitor sees, which stays the same for as long as the experiment lasts. */
export async function variant(env: Env, experiment: string, visitor: string) {
  const key = `experiment:${experiment}:${visitor}`;
  const assigned = await env.KV.get(key);
  if (assigned) return assigned;
  const drawn = Math.random() < 0.5 ? 'a' : 'b';
  await env.KV.put(key, drawn, { expirationTtl: 30 * 86400, metadata: { drawn: Date.now() } });
  return drawn;
}
