type Env = { CACHE: KVNamespace };

//#region 1.12 feature flags
// Store flags as JSON in KV (update without deploying code)
// Key: "flags:v1", Value: {"new_dashboard": true, "beta_users": ["user1","user2"]}
async function isEnabled(env: Env, flag: string, userId?: string): Promise<boolean> {
const raw = await env.CACHE.get('flags:v1');
if (!raw) return false;
const flags = JSON.parse(raw);
const val = flags[flag];
if (typeof val === 'boolean') return val;
if (Array.isArray(val) && userId) return val.includes(userId);
return false;
}
//#endregion

export { isEnabled };
