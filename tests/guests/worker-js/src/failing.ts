interface Failing {
  what: string;
}

export function fail({ what }: Failing): never {
  throw new RangeError(`of ${what}`);
}
