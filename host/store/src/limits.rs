//! Every limit of the store, one a line. The fronts may be narrower, never wider.

/// Longest key in bytes of UTF-8, as in Workers KV.
pub const KEY_BYTES_MAX: usize = 512;
/// Largest value in bytes (25 MiB), as in Workers KV.
pub const VALUE_BYTES_MAX: usize = 26_214_400;
/// Largest metadata in bytes of JSON text, as in Workers KV.
pub const METADATA_BYTES_MAX: usize = 1024;
/// Most keys on a page of a listing, as in Workers KV; also the default.
pub const LIST_KEYS_MAX: usize = 1000;
/// Longest cursor of a listing in bytes: base64 of a key, which may be one of a scope with the prefix
/// in front, its direction and its checksum.
pub const CURSOR_BYTES_MAX: usize =
    (SCOPE_BYTES_MAX + KEY_BYTES_MAX + 1 + size_of::<u32>()).div_ceil(3) * 4;
/// Most rows that one page may look at, so that a page over a million expired keys still answers.
pub const LIST_ROWS_MAX: usize = 20_000;
/// Most keys in a bulk get, as in Workers KV.
pub const GET_MANY_KEYS_MAX: usize = 100;
/// Most bytes of values that a bulk get answers with (25 MiB), as in Workers KV.
pub const GET_MANY_BYTES_MAX: usize = 26_214_400;
/// Most checks and operations, added up, in one atomic commit.
pub const COMMIT_OPERATIONS_MAX: usize = 1000;
/// Most bytes of keys, values and metadata in one atomic commit (25 MiB).
pub const COMMIT_BYTES_MAX: usize = 26_214_400;
/// Longest prefix of a scoped view in bytes; it does not count towards the key's own 512.
pub const SCOPE_BYTES_MAX: usize = 128;
/// Longest title of a namespace in bytes of UTF-8, as in Workers KV.
pub const TITLE_BYTES_MAX: usize = 512;
/// Longest id of a namespace; an id is ASCII letters, digits, `-` and `_`.
pub const ID_BYTES_MAX: usize = 64;
/// Pieces of a large value on disk, and how much a writer in pieces gathers before it hands on.
pub const PIECE_BYTES: usize = 520_000;
