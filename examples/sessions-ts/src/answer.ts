// What goes back to the client.

/** Thrown for a request that is not answered with what it asked for. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  toResponse() {
    return new Response(`${this.message}\n`, { status: this.status, headers: this.headers });
  }
}

export function json(value: unknown, init?: ResponseInit) {
  const headers = new Headers(init?.headers);
  headers.set('Content-Type', 'application/json');
  return new Response(`${JSON.stringify(value)}\n`, { ...init, headers });
}
