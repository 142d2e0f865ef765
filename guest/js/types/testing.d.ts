// For tests in Node.js, of `node:test`, vitest or another runner, under `larder test`.

import type { Environment } from './index.d.ts';

/** The bindings of the store of `larder test` by their names, and the variables of the project. */
export const env: Environment;

/** The same, with the types of an `Env` of the project's own. */
export function environment<Env = Environment>(): Env;

/** The time of a store for tests. It stands still but for this. */
export interface Clock {
  /** Moves it on by whole milliseconds; what ends by then has ended when this returns. */
  advance(milliseconds: number): void;
  /** Sets it, to a time or to Unix milliseconds. */
  set(time: Date | number): void;
  now(): Date;
}

/** The time of the store of `larder test`, which is not that of `Date` in this process. */
export const clock: Clock;

/** Every namespace as it was at the start, with its seeds; and the time that of the start. */
export function reset(): void;

export interface StartWorkerOptions {
  /** The directory of the project; the current one when left out. */
  dir?: string;
  /** The time at which it starts, as a time or as Unix milliseconds. */
  now?: Date | number;
}

/** A worker in a process and with a store of its own, which end with this process at the latest. */
export interface StartedWorker<Env = Environment> extends AsyncDisposable {
  /** Where it is served, such as `http://127.0.0.1:40321`. */
  readonly url: string;
  /** Asks the worker; of a URL only the path and the query count. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Its bindings and variables, as the worker has them. */
  readonly env: Env;
  /** The time of its store, and of `Date` within the worker. */
  readonly clock: Clock;
  /** Its store as at the start; with `now` given, that time. */
  reset(): void;
  /** Ends it. */
  stop(): Promise<void>;
}

/**
 * Builds a project's worker and serves it from a store in memory, by the command `larder`, which is
 * found by the variable `LARDER` or on the PATH. Rejected with what the command said when it fails.
 */
export function startWorker<Env = Environment>(
  options?: StartWorkerOptions,
): Promise<StartedWorker<Env>>;
