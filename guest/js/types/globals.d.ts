// The types of a Worker as globals, for code that is written for @cloudflare/workers-types. It is
// this or that package: both at once would declare the same names.

declare global {
  type ExecutionContext<Props = unknown> = import('./index.d.ts').ExecutionContext<Props>;
  type ExportedHandler<Env = unknown, Props = unknown> = import('./index.d.ts').ExportedHandler<
    Env,
    Props
  >;
  type KVNamespace<Key extends string = string> = import('./index.d.ts').KVNamespace<Key>;
  type KVNamespaceGetOptions<Type> = import('./index.d.ts').KVNamespaceGetOptions<Type>;
  type KVNamespaceGetWithMetadataResult<Value, Metadata> =
    import('./index.d.ts').KVNamespaceGetWithMetadataResult<Value, Metadata>;
  type KVNamespaceListKey<Metadata, Key extends string = string> =
    import('./index.d.ts').KVNamespaceListKey<Metadata, Key>;
  type KVNamespaceListOptions = import('./index.d.ts').KVNamespaceListOptions;
  type KVNamespaceListResult<Metadata, Key extends string = string> =
    import('./index.d.ts').KVNamespaceListResult<Metadata, Key>;
  type KVNamespacePutOptions = import('./index.d.ts').KVNamespacePutOptions;
  type OpenWorkersKV = import('./index.d.ts').OpenWorkersKV;
}

export {};
