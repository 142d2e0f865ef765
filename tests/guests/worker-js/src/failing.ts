interface Failing {
  what: string;
}

export function fail({ what }: Failing): never {
  throw new RangeError(`of ${what}`);
}

const circle = new Error('a circle');
circle.cause = circle;

// What may be thrown and is hard to say.
export const things: Record<string, unknown> = {
  symbol: Symbol('a symbol'),
  nothing: Object.create(null),
  object: { code: 7, bytes: 10n },
  cause: new Error('with a cause', { cause: { tag: 'too-large' } }),
  several: new AggregateError([new Error('one of them')], 'several'),
  circle,
  hidden: Object.defineProperty(new Error(), 'message', { get: () => fail({ what: 'the message' }) }),
};
