import { FeatureFlags } from './flags.js';

export const pages = {
  async '/config'(request, env) {
    const write = async () => {
      //#region 2.17 write a config
      // Write config
      const config = {
        apiKey: 'secret',
        endpoint: 'https://api.example.com',
        timeout: 5000
      };
      await env.CONFIG.put('app-config', JSON.stringify(config));
      //#endregion
    };
    await write();
    //#region 2.18 read a config
    // Read config
    const config = await env.CONFIG.get('app-config', 'json');
    //#endregion
    return Response.json(config);
  },

  async '/save-preferences'(request, env, query) {
    const userId = query.get('user');
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
    return Response.json((await env.PREFS.list()).keys);
  },

  async '/load-preferences'(request, env, query) {
    const userId = query.get('user');
    const getDefaultPrefs = () => ({ theme: 'light' });
    //#region 2.20 load preferences
    // Load preferences
    const prefs = await env.PREFS.get(
      `user:${userId}:prefs`,
      'json'
    ) || getDefaultPrefs();
    //#endregion
    return Response.json(prefs);
  },

  async '/new-ui'(request, env) {
    //#region 2.23 feature flags, used
    const flags = new FeatureFlags(env.FLAGS);
    if (await flags.isEnabled('new-ui')) {
      // Serve new UI
    }
    //#endregion
    return Response.json(await flags.isEnabled('new-ui'));
  },

  async '/switch-new-ui'(request, env, query) {
    const flags = new FeatureFlags(env.FLAGS);
    await (query.get('to') === 'on' ? flags.enable('new-ui') : flags.disable('new-ui'));
    return new Response('switched');
  },
};
