//#region 2.1 accessing KV namespaces
export default {
  async fetch(request, env) {
    // Access via env binding
    const value = await env.MY_KV.get('key');
    return new Response(value);
  }
};
//#endregion
