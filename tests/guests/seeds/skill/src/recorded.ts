/** The namespace, and what each call on it was answered with: most blocks drop their answers. */
export function recorded(kv: KVNamespace) {
  const answers: unknown[] = [];
  const get = (target, method) => async (...args) => {
    const answer = await target[method](...args);
    answers.push(await shown(answer));
    return answer;
  };
  return { kv: new Proxy(kv, { get }), answers };
}

async function shown(answer: unknown) {
  if (answer instanceof ArrayBuffer) return { bytes: [...new Uint8Array(answer)] };
  // Read here, so the block gets it read to its end.
  if (answer instanceof ReadableStream) return { stream: await new Response(answer).text() };
  return answer ?? null;
}
