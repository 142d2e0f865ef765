// Seed 2: patterns.

import { FeatureFlags } from './feature-flags.js';

export const patterns = {
  async '/config'(request, env) {
    const write = async () => {
      //#region 2.17 write config
      // Write config
      const config = {
        apiKey: 'secret',
        endpoint: 'https://api.example.com',
        timeout: 5000
      };
      await env.CONFIG.put('app-config', JSON.stringify(config));
      //#endregion
    };
    const read = async () => {
      //#region 2.18 read config
      // Read config
      const config = await env.CONFIG.get('app-config', 'json');
      //#endregion
      return config;
    };
    const before = await read();
    await write();
    return Response.json({ before, after: await read() });
  },

  async '/preferences'(request, env) {
    const userId = new URL(request.url).searchParams.get('user');
    const getDefaultPrefs = () => ({ theme: 'light' });
    const save = async () => {
      //#region 2.19 save preferences
      // Save preferences
      const prefs = {
        theme: 'dark',
        language: 'en',
        notifications: true
      };
      await env.PREFS.put(
        `user:${userId}:prefs`,
        JSON.stringify(prefs),
        { metadata: { updated: Date.now() } }
      );
      //#endregion
    };
    if (request.method === 'POST') await save();
    //#region 2.20 load preferences
    // Load preferences
    const prefs = await env.PREFS.get(
      `user:${userId}:prefs`,
      'json'
    ) || getDefaultPrefs();
    //#endregion
    return Response.json({ prefs, listed: (await env.PREFS.list()).keys });
  },

  async '/flags'(request, env) {
    const { searchParams } = new URL(request.url);
    const set = searchParams.get('set');
    if (set) await new FeatureFlags(env.FLAGS)[set]('new-ui');
    const ui = async () => {
      //#region 2.23 feature flags in use
      const flags = new FeatureFlags(env.FLAGS);
      if (await flags.isEnabled('new-ui')) {
        // Serve new UI
      }
      //#endregion
      return (await flags.isEnabled('new-ui')) ? 'new' : 'old';
    };
    return new Response(await ui());
  },
};
