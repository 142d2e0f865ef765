import { Namespace } from 'larder:kv/store@0.1.0';
import { getArguments } from 'wasi:cli/environment@0.2.10';
export const run = {
  run() {
    const reports = Namespace.open('REPORTS');
    const put = (k, v) => reports.put(k, Uint8Array.from(v, (c) => c.charCodeAt(0)));
    put('args', JSON.stringify(getArguments()));
    put('globals', Object.getOwnPropertyNames(globalThis).join(' '));
    try { reports.get(''); } catch (e) { put('error', JSON.stringify([String(e), e.payload, Object.keys(e)])); }
    try { const p = reports.list({limit: 2, reverse: false}); put('list', JSON.stringify(p)); } catch (e) { put('error2', String(e)+e.stack); }
    try { const c = reports.increment('n', 1n, undefined); put('inc', typeof c.value); } catch (e) { put('error3', String(e)+e.stack); }
    put('get', Object.prototype.toString.call(reports.get('args')));
    put('dispose', typeof reports[Symbol.dispose]);
  },
};
