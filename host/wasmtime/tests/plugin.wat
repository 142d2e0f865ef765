;; A plugin as a host sees one: it imports `larder:kv/store` and exports
;;
;;   add: func(binding: string, key: string, delta: s64) -> option<s64>
;;   get: func(binding: string, key: string) -> option<string>
;;
;; which increment a counter and read a value; none when there is no such key, or when it is not
;; allowed to. Written by hand so that an example needs no other toolchain.
(component
  (import "larder:kv/store@0.1.0" (instance $store
    (export "namespace" (type $namespace (sub resource)))
    (type $subject-cases (enum "key" "value" "metadata" "batch"))
    (export "subject" (type $subject (eq $subject-cases)))
    (type $size-limit-fields
      (record (field "of" $subject) (field "bytes" u64) (field "bytes-max" u64)))
    (export "size-limit" (type $size-limit (eq $size-limit-fields)))
    (type $quota-cases (enum "keys" "bytes" "store"))
    (export "quota" (type $quota (eq $quota-cases)))
    (type $error-cases (variant
      (case "no-such-binding")
      (case "access-denied")
      (case "invalid-argument" string)
      (case "too-large" $size-limit)
      (case "quota-exceeded" $quota)
      (case "too-many-requests" u32)
      (case "not-a-counter")
      (case "unsupported" string)
      (case "unavailable")
      (case "outcome-unknown")
      (case "other" string)))
    (export "error" (type $error (eq $error-cases)))
    (type $expiration-cases (variant (case "ttl" u64) (case "ttl-ms" u64) (case "at" u64)))
    (export "expiration" (type $expiration (eq $expiration-cases)))
    (type $counter-fields
      (record (field "value" s64) (field "expiration" (option u64)) (field "version" u64)))
    (export "counter" (type $counter (eq $counter-fields)))
    (export "[static]namespace.open" (func
      (param "binding" string) (result (result (own $namespace) (error $error)))))
    (export "[method]namespace.get" (func
      (param "self" (borrow $namespace)) (param "key" string)
      (result (result (option (list u8)) (error $error)))))
    (export "[method]namespace.increment" (func
      (param "self" (borrow $namespace)) (param "key" string) (param "delta" s64)
      (param "expiration" (option $expiration))
      (result (result $counter (error $error)))))))

  ;; Memory, and an allocator that only goes forward until the call is over.
  (core module $heap
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (global.set $top (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.get $size))))
    (func (export "reset") (param i32)
      (global.set $top (i32.const 1024))))
  (core instance $heap (instantiate $heap))

  (alias export $store "namespace" (type $handle))
  (core func $drop (canon resource.drop $handle))
  (core func $open (canon lower (func $store "[static]namespace.open")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $get (canon lower (func $store "[method]namespace.get")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $increment (canon lower (func $store "[method]namespace.increment")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))

  (core module $plugin
    (import "heap" "memory" (memory 1))
    (import "store" "drop" (func $drop (param i32)))
    (import "store" "open" (func $open (param i32 i32 i32)))
    (import "store" "get" (func $get (param i32 i32 i32 i32)))
    (import "store" "increment" (func $increment (param i32 i32 i32 i64 i32 i32 i64 i32)))

    ;; An answer of the store lies at 64: whether it is an error, and at 72 what it is otherwise.
    ;; What this plugin answers lies at 0.
    (func (export "add")
      (param $binding i32) (param $binding-len i32) (param $key i32) (param $key-len i32)
      (param $delta i64) (result i32)
      (local $namespace i32)
      (i64.store (i32.const 0) (i64.const 0))
      (call $open (local.get $binding) (local.get $binding-len) (i32.const 64))
      (if (i32.eqz (i32.load8_u (i32.const 64))) (then
        (local.set $namespace (i32.load (i32.const 72)))
        (call $increment (local.get $namespace) (local.get $key) (local.get $key-len)
          (local.get $delta) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
        (call $drop (local.get $namespace))
        (if (i32.eqz (i32.load8_u (i32.const 64))) (then
          (i32.store8 (i32.const 0) (i32.const 1))
          (i64.store (i32.const 8) (i64.load (i32.const 72)))))))
      (i32.const 0))

    (func (export "get")
      (param $binding i32) (param $binding-len i32) (param $key i32) (param $key-len i32)
      (result i32)
      (local $namespace i32)
      (i64.store (i32.const 0) (i64.const 0))
      (call $open (local.get $binding) (local.get $binding-len) (i32.const 64))
      (if (i32.eqz (i32.load8_u (i32.const 64))) (then
        (local.set $namespace (i32.load (i32.const 72)))
        (call $get (local.get $namespace) (local.get $key) (local.get $key-len) (i32.const 64))
        (call $drop (local.get $namespace))
        (if (i32.and
            (i32.eqz (i32.load8_u (i32.const 64))) (i32.load8_u (i32.const 72))) (then
          (i32.store8 (i32.const 0) (i32.const 1))
          (i32.store (i32.const 4) (i32.load (i32.const 76)))
          (i32.store (i32.const 8) (i32.load (i32.const 80)))))))
      (i32.const 0)))
  (core instance $plugin (instantiate $plugin
    (with "heap" (instance $heap))
    (with "store" (instance
      (export "drop" (func $drop))
      (export "open" (func $open))
      (export "get" (func $get))
      (export "increment" (func $increment))))))

  (func (export "add")
    (param "binding" string) (param "key" string) (param "delta" s64) (result (option s64))
    (canon lift (core func $plugin "add")
      (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))
      (post-return (core func $heap "reset"))))
  (func (export "get")
    (param "binding" string) (param "key" string) (result (option string))
    (canon lift (core func $plugin "get")
      (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))
      (post-return (core func $heap "reset")))))
