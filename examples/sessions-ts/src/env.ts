/** What larder.toml binds and sets. */
export interface Env {
  SESSIONS: KVNamespace;
  FLAGS: KVNamespace;
  LIMITS: KVNamespace;
  SESSION_TTL: string;
  RATE_LIMIT: string;
}
