// What a program may import from `larder-guest`, and the types of a Worker. They need no other
// package, and a namespace of theirs and one of @cloudflare/workers-types may stand for each other.

/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/**
 * Everything that the host gives to this component: its bindings by their names, and its variables,
 * which are text, or whatever else of JSON the config says. An `Env` of a project's own is written by
 * `larder types`.
 */
export interface Environment {
  readonly [name: string]: KVNamespace | OpenWorkersKV | Json;
}

/** The environment that `fetch` gets as its second argument, for where there is none at hand. */
export function environment<Env = Environment>(): Env;

/** The same as an object; it may be imported, but not read, before the first request. */
export const env: Environment;

/** What goes on beside the answer of a request. */
export interface ExecutionContext<Props = unknown> {
  /** Lets the component work on after its answer until the promise is settled. */
  waitUntil(promise: Promise<any>): void;
  /** There is no origin behind a component that a request could be passed to: does nothing. */
  passThroughOnException(): void;
  readonly props: Props;
}

/** What the main module of a Worker has as its default export. */
export interface ExportedHandler<Env = Environment, Props = unknown> {
  fetch(request: Request, env: Env, ctx: ExecutionContext<Props>): Response | Promise<Response>;
}

export interface KVNamespaceGetOptions<Type> {
  type: Type;
  /** Seconds, at least 30. There is no cache in between, so it has no effect. */
  cacheTtl?: number;
}

export interface KVNamespacePutOptions {
  /** Unix time in seconds at which the key ends, at least 60 seconds from now. */
  expiration?: number;
  /** Seconds after which the key ends, at least 60. It wins over `expiration`. */
  expirationTtl?: number;
  /** Any value of JSON, whose text has at most 1024 bytes. */
  metadata?: any | null;
}

export interface KVNamespaceListOptions {
  /** Most keys on the page: up to 1000, which is also the default. */
  limit?: number;
  /** Only keys that begin with this text of at most 512 bytes. */
  prefix?: string | null;
  /** The cursor of an earlier page: go on after its last key. */
  cursor?: string | null;
}

export interface KVNamespaceListKey<Metadata, Key extends string = string> {
  name: Key;
  /** Unix time in seconds; absent when the key does not expire. */
  expiration?: number;
  metadata?: Metadata;
}

export type KVNamespaceListResult<Metadata, Key extends string = string> =
  | {
      list_complete: false;
      keys: KVNamespaceListKey<Metadata, Key>[];
      cursor: string;
      cacheStatus: string | null;
    }
  | {
      list_complete: true;
      keys: KVNamespaceListKey<Metadata, Key>[];
      cacheStatus: string | null;
    };

export interface KVNamespaceGetWithMetadataResult<Value, Metadata> {
  /** null when there is no such key. */
  value: Value | null;
  /** null when the key has none. */
  metadata: Metadata | null;
  /** Always null. */
  cacheStatus: string | null;
}

/**
 * A namespace as Workers KV has it. Keys have 1 to 512 bytes of UTF-8 and are not `.` or `..`,
 * values at most 26,214,400 bytes. An argument that cannot be meant is a `TypeError`; what the store
 * refuses is an `Error` such as `KV PUT failed: 429 Too Many Requests`.
 */
export interface KVNamespace<Key extends string = string> {
  /**
   * The value of a key as text, or as JSON, an ArrayBuffer or a stream; null when there is no such
   * key. Of JSON a stored null is null too.
   */
  get(key: Key, options?: Partial<KVNamespaceGetOptions<undefined>>): Promise<string | null>;
  get(key: Key, type: 'text'): Promise<string | null>;
  get<ExpectedValue = unknown>(key: Key, type: 'json'): Promise<ExpectedValue | null>;
  get(key: Key, type: 'arrayBuffer'): Promise<ArrayBuffer | null>;
  get(key: Key, type: 'stream'): Promise<ReadableStream | null>;
  get(key: Key, options?: KVNamespaceGetOptions<'text'>): Promise<string | null>;
  get<ExpectedValue = unknown>(
    key: Key,
    options?: KVNamespaceGetOptions<'json'>,
  ): Promise<ExpectedValue | null>;
  get(key: Key, options?: KVNamespaceGetOptions<'arrayBuffer'>): Promise<ArrayBuffer | null>;
  get(key: Key, options?: KVNamespaceGetOptions<'stream'>): Promise<ReadableStream | null>;
  /** The values of 1 to 100 keys, of 25 MiB in all, in the order asked for. */
  get(key: Array<Key>, type: 'text'): Promise<Map<string, string | null>>;
  get<ExpectedValue = unknown>(
    key: Array<Key>,
    type: 'json',
  ): Promise<Map<string, ExpectedValue | null>>;
  get(
    key: Array<Key>,
    options?: Partial<KVNamespaceGetOptions<undefined>>,
  ): Promise<Map<string, string | null>>;
  get(
    key: Array<Key>,
    options?: KVNamespaceGetOptions<'text'>,
  ): Promise<Map<string, string | null>>;
  get<ExpectedValue = unknown>(
    key: Array<Key>,
    options?: KVNamespaceGetOptions<'json'>,
  ): Promise<Map<string, ExpectedValue | null>>;

  /** Keys in UTF-8 byte order, a page at a time. A page may be short and not be the last. */
  list<Metadata = unknown>(
    options?: KVNamespaceListOptions,
  ): Promise<KVNamespaceListResult<Metadata, Key>>;

  /**
   * Replaces value, metadata and expiration together: what is not given is removed. A stream is
   * stored when it has ended well, or not at all.
   */
  put(
    key: Key,
    value: string | ArrayBuffer | ArrayBufferView | ReadableStream,
    options?: KVNamespacePutOptions,
  ): Promise<void>;

  /** As `get`, with the metadata. */
  getWithMetadata<Metadata = unknown>(
    key: Key,
    options?: Partial<KVNamespaceGetOptions<undefined>>,
  ): Promise<KVNamespaceGetWithMetadataResult<string, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Key,
    type: 'text',
  ): Promise<KVNamespaceGetWithMetadataResult<string, Metadata>>;
  getWithMetadata<ExpectedValue = unknown, Metadata = unknown>(
    key: Key,
    type: 'json',
  ): Promise<KVNamespaceGetWithMetadataResult<ExpectedValue, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Key,
    type: 'arrayBuffer',
  ): Promise<KVNamespaceGetWithMetadataResult<ArrayBuffer, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Key,
    type: 'stream',
  ): Promise<KVNamespaceGetWithMetadataResult<ReadableStream, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Key,
    options: KVNamespaceGetOptions<'text'>,
  ): Promise<KVNamespaceGetWithMetadataResult<string, Metadata>>;
  getWithMetadata<ExpectedValue = unknown, Metadata = unknown>(
    key: Key,
    options: KVNamespaceGetOptions<'json'>,
  ): Promise<KVNamespaceGetWithMetadataResult<ExpectedValue, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Key,
    options: KVNamespaceGetOptions<'arrayBuffer'>,
  ): Promise<KVNamespaceGetWithMetadataResult<ArrayBuffer, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Key,
    options: KVNamespaceGetOptions<'stream'>,
  ): Promise<KVNamespaceGetWithMetadataResult<ReadableStream, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: Array<Key>,
    type: 'text',
  ): Promise<Map<string, KVNamespaceGetWithMetadataResult<string, Metadata>>>;
  getWithMetadata<ExpectedValue = unknown, Metadata = unknown>(
    key: Array<Key>,
    type: 'json',
  ): Promise<Map<string, KVNamespaceGetWithMetadataResult<ExpectedValue, Metadata>>>;
  getWithMetadata<Metadata = unknown>(
    key: Array<Key>,
    options?: Partial<KVNamespaceGetOptions<undefined>>,
  ): Promise<Map<string, KVNamespaceGetWithMetadataResult<string, Metadata>>>;
  getWithMetadata<Metadata = unknown>(
    key: Array<Key>,
    options?: KVNamespaceGetOptions<'text'>,
  ): Promise<Map<string, KVNamespaceGetWithMetadataResult<string, Metadata>>>;
  getWithMetadata<ExpectedValue = unknown, Metadata = unknown>(
    key: Array<Key>,
    options?: KVNamespaceGetOptions<'json'>,
  ): Promise<Map<string, KVNamespaceGetWithMetadataResult<ExpectedValue, Metadata>>>;

  /** Deletes a key; that there is none is no error. */
  delete(key: Key): Promise<void>;

  /** Deletes up to 100 keys, all or none. */
  deleteBulk(keys: Key | Key[]): Promise<void>;
}

export interface KVNamespaceSettings {
  /** The least TTL in seconds, and the least time from now to an expiration; 60 as in Workers. */
  expirationTtlMin?: number;
}

export const KVNamespace: {
  prototype: KVNamespace;
  /** The namespace that the host bound under a name. It is opened when it is first used. */
  new (binding: string, settings?: KVNamespaceSettings): KVNamespace & Disposable;
};

export interface OpenWorkersPutOptions {
  /** Whole seconds after which the key ends; 0 for never, as when it is left out. */
  expiresIn?: number;
}

export interface OpenWorkersListOptions {
  /** Only keys that begin with this text. */
  prefix?: string;
  /** Most keys, 1000 when it is left out or 0. It may be more than that. */
  limit?: number;
}

/**
 * A namespace as OpenWorkers has it, whose values are JSON of at most 102,400 bytes.
 */
export interface OpenWorkersKV {
  /** The value; null when there is no such key and when null is stored. */
  get<Value = any>(key: string): Promise<Value | null>;
  /** Whether there is such a key, also when its value is null. */
  has(key: string): Promise<boolean>;
  /** Replaces value and expiration. */
  put(key: string, value: unknown, options?: OpenWorkersPutOptions): Promise<void>;
  /** Deletes a key; that there is none is no error. */
  delete(key: string): Promise<void>;
  /** The names of the keys in UTF-8 byte order. */
  list(options?: OpenWorkersListOptions): Promise<string[]>;
}

export const OpenWorkersKV: {
  prototype: OpenWorkersKV;
  /** The namespace that the host bound under a name. It is opened when it is first used. */
  new (binding: string): OpenWorkersKV & Disposable;
};
