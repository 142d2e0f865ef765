/**
 * A key-value namespace, as the host has it: the interface `larder:kv/store@0.1.0`. A function that
 * the store refuses throws an object whose `payload` is a {@link StoreError}.
 */
declare module 'larder:kv/store@0.1.0' {
  /** Names one write of a key; only equality has meaning. */
  export type Version = bigint;

  /** Why an operation did not happen. Nothing was written, except after `outcome-unknown`. */
  export type StoreError =
    /** No namespace is bound under that name for this guest, or it has been deleted. */
    | { tag: 'no-such-binding' }
    /** A write through a read-only binding. */
    | { tag: 'access-denied' }
    /** What is not legal; the text says which rule. */
    | { tag: 'invalid-argument'; val: string }
    /** A key, value, metadata or batch above its limit. */
    | { tag: 'too-large'; val: SizeLimit }
    /** No room: in the namespace's quota, or in the store. */
    | { tag: 'quota-exceeded'; val: Quota }
    /** Too many operations at once or per second; try again after so many milliseconds. */
    | { tag: 'too-many-requests'; val: number }
    /** The value is not a decimal integer, or the sum does not fit in 64 bits. */
    | { tag: 'not-a-counter' }
    /** This store cannot do that operation at all; trying again will not help. */
    | { tag: 'unsupported'; val: string }
    /** The store cannot be reached or is closing; trying again may work. */
    | { tag: 'unavailable' }
    /** The write may have happened, or may yet. Read the version to find out. */
    | { tag: 'outcome-unknown' }
    /** The store failed. The text is for people. */
    | { tag: 'other'; val: string };

  export interface SizeLimit {
    of: 'key' | 'value' | 'metadata' | 'batch';
    bytes: bigint;
    bytesMax: bigint;
  }

  export type Quota = 'keys' | 'bytes' | 'store';

  /** When a key stops existing. Exact: from that instant on it is neither read nor listed. */
  export type Expiration =
    /** Seconds from the instant of the write, at least 1. */
    | { tag: 'ttl'; val: bigint }
    /** The same in milliseconds. */
    | { tag: 'ttl-ms'; val: bigint }
    /** Unix time in seconds; in the future. */
    | { tag: 'at'; val: bigint };

  /** What must hold for a write to happen. */
  export type Condition =
    | { tag: 'absent' }
    | { tag: 'present' }
    | { tag: 'version'; val: Version };

  /** A put replaces value, metadata and expiration together: what is not given is removed. */
  export interface PutOptions {
    expiration?: Expiration;
    /** JSON text, at most 1024 bytes, kept byte for byte. */
    metadata?: string;
    condition?: Condition;
  }

  /** A lost race is an outcome, not an error. */
  export type WriteOutcome =
    | { tag: 'written'; val: Version }
    /** The version found instead; none when the key is absent. */
    | { tag: 'conflict'; val: Version | undefined };

  export type DeleteOutcome = { tag: 'deleted' } | { tag: 'conflict'; val: Version | undefined };

  export interface KeyInfo {
    name: string;
    /** Unix time in seconds, rounded up. */
    expiration?: bigint;
    metadata?: string;
    version: Version;
    /** Bytes of the value. */
    size: bigint;
  }

  export interface Entry {
    value: Uint8Array<ArrayBuffer>;
    expiration?: bigint;
    metadata?: string;
    version: Version;
  }

  export interface Counter {
    value: bigint;
    expiration?: bigint;
    version: Version;
  }

  /** Which keys, and in which direction. All bounds hold together. */
  export interface ListOptions {
    prefix?: string;
    /** The least name, included: any text. */
    start?: string;
    /** The name before which the listing ends: any text. */
    end?: string;
    /** From the last key to the first. */
    reverse: boolean;
    /** 1 to 1000; 1000 when not said. */
    limit?: number;
    /** From an earlier page in the same direction: go on after its last key. */
    cursor?: string;
  }

  /**
   * Keys in UTF-8 byte order, or its reverse. A page may hold fewer keys than the limit, even none,
   * and still carry a cursor: only a missing cursor ends the listing.
   */
  export interface ListPage {
    keys: KeyInfo[];
    cursor?: string;
  }

  /** What must hold before the first operation of a commit. */
  export interface Check {
    key: string;
    condition: Condition;
  }

  /** What a commit does. Each operation sees those before it. */
  export type Operation =
    | { tag: 'put'; val: PutOperation }
    | { tag: 'delete'; val: string }
    | { tag: 'increment'; val: IncrementOperation }
    | { tag: 'expire'; val: ExpireOperation };

  export interface PutOperation {
    key: string;
    value: Uint8Array;
    expiration?: Expiration;
    metadata?: string;
  }

  export interface IncrementOperation {
    key: string;
    delta: bigint;
    expiration?: Expiration;
  }

  export interface ExpireOperation {
    key: string;
    expiration?: Expiration;
  }

  export interface Committed {
    /** The version of every key written. */
    version: Version;
    /** The results of the increments, in order. */
    counters: BigInt64Array;
  }

  export type CommitOutcome =
    | { tag: 'committed'; val: Committed }
    /** The index of the first check that did not hold. */
    | { tag: 'conflict'; val: number };

  /**
   * A value read in pieces. It keeps the value it was opened on, for as long as the host allows;
   * then `unavailable`.
   */
  export class Reader implements Disposable {
    private constructor();
    info(): KeyInfo;
    /** At least one byte and at most `max` (at least 1) from `offset`; empty only at the end. */
    read(offset: bigint, max: number): Uint8Array<ArrayBuffer>;
    [Symbol.dispose](): void;
  }

  /**
   * A value written in pieces. Only `finish` makes it visible, and only then are condition and ttl
   * judged; one that is disposed of leaves no trace. After an error it can only be disposed of.
   */
  export class Writer implements Disposable {
    private constructor();
    write(chunk: Uint8Array): void;
    static finish(writer: Writer): WriteOutcome;
    [Symbol.dispose](): void;
  }

  export class Namespace implements Disposable {
    private constructor();
    /** The namespace that the host bound for this guest under a name. */
    static open(binding: string): Namespace;

    get(key: string): Uint8Array<ArrayBuffer> | undefined;
    getEntry(key: string): Entry | undefined;
    /** At most 100 keys, 25 MiB of values in all; answers stand in the order of the keys. */
    getMany(keys: string[]): (Entry | undefined)[];
    /** Everything but the value. */
    head(key: string): KeyInfo | undefined;
    put(key: string, value: Uint8Array): Version;
    putWith(key: string, value: Uint8Array, options: PutOptions): WriteOutcome;
    /** True when there was something to delete. */
    delete(key: string): boolean;
    deleteIf(key: string, version: Version): DeleteOutcome;
    /** Changes the expiration alone (none: never). None: no such key. */
    expire(key: string, expiration: Expiration | undefined): Version | undefined;
    /** The expiration is that of a counter which begins here; one that exists keeps its own. */
    increment(key: string, delta: bigint, expiration: Expiration | undefined): Counter;
    list(options: ListOptions): ListPage;
    /** All checks hold and all operations happen, or none does. */
    commit(checks: Check[], operations: Operation[]): CommitOutcome;
    openReader(key: string): Reader | undefined;
    openWriter(key: string, options: PutOptions): Writer;
    [Symbol.dispose](): void;
  }

  /** The names that `Namespace.open` knows, in order. */
  export function bindings(): string[];
}
