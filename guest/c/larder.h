/* The key-value namespace of Larder, in C99. What an operation means, its units, limits and errors
 * are written in wit/README.md; the types, with their fields, in wit/kv.wit. Here they have short
 * names.
 *
 * - A call that can fail answers true when it happened. After false, larder_error() says why, and
 *   what the call would have filled is untouched.
 * - What is passed in is read during the call and neither kept nor freed. What is filled belongs to
 *   the caller, who frees it with the larder_free_* of its type, once. Each leaves what it freed
 *   empty. Handles are given back with larder_close_*.
 * - Memory is taken by malloc, and only for what a call fills; when there is none left, the
 *   component traps, as in all generated bindings.
 * - Text is UTF-8 with a length, without a NUL at its end. Text that is not UTF-8 is refused as
 *   LARDER_INVALID_ARGUMENT.
 */
#ifndef LARDER_H
#define LARDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "guest.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Text and bytes ---- */

typedef guest_string_t larder_text_t;              /* { uint8_t *ptr; size_t len; } */
typedef guest_list_u8_t larder_bytes_t;            /* the same */
typedef guest_option_string_t larder_option_text_t; /* { bool is_some; larder_text_t val; } */
typedef guest_option_list_u8_t larder_option_bytes_t;
typedef guest_option_u64_t larder_option_u64_t;
typedef guest_list_string_t larder_texts_t; /* { larder_text_t *ptr; size_t len; } */

/* For printf("%.*s", LARDER_PRINT(text)), with text or bytes. */
#define LARDER_PRINT(text) ((int)(text).len), ((const char *)(text).ptr)

static inline larder_text_t larder_text_n(const char *text, size_t len) {
  larder_text_t made = {(uint8_t *)text, len};
  return made;
}

/* Text that ends with a NUL, which is not part of it. NULL is empty text. */
static inline larder_text_t larder_text(const char *text) {
  return larder_text_n(text, text == NULL ? 0 : strlen(text));
}

static inline larder_bytes_t larder_bytes(const void *bytes, size_t len) {
  larder_bytes_t made = {(uint8_t *)bytes, len};
  return made;
}

/* The bytes of a text that ends with a NUL, which is not part of them. NULL has none. */
static inline larder_bytes_t larder_bytes_of(const char *text) {
  return larder_bytes(text, text == NULL ? 0 : strlen(text));
}

/* For the fields of options that may be left out. NULL leaves them out. */
static inline larder_option_text_t larder_some_text(const char *text) {
  larder_option_text_t made = {text != NULL, larder_text(text)};
  return made;
}

static inline guest_option_u32_t larder_some_u32(uint32_t number) {
  guest_option_u32_t made = {true, number};
  return made;
}

/* ---- Errors ---- */

/* Why an operation did not happen: `tag` is one of the below, `val` has what it carries. */
typedef larder_kv_store_error_t larder_error_t;

enum {
  LARDER_NO_SUCH_BINDING = LARDER_KV_STORE_ERROR_NO_SUCH_BINDING,
  LARDER_ACCESS_DENIED = LARDER_KV_STORE_ERROR_ACCESS_DENIED,
  LARDER_INVALID_ARGUMENT = LARDER_KV_STORE_ERROR_INVALID_ARGUMENT,
  LARDER_TOO_LARGE = LARDER_KV_STORE_ERROR_TOO_LARGE,
  LARDER_QUOTA_EXCEEDED = LARDER_KV_STORE_ERROR_QUOTA_EXCEEDED,
  LARDER_TOO_MANY_REQUESTS = LARDER_KV_STORE_ERROR_TOO_MANY_REQUESTS,
  LARDER_NOT_A_COUNTER = LARDER_KV_STORE_ERROR_NOT_A_COUNTER,
  LARDER_UNSUPPORTED = LARDER_KV_STORE_ERROR_UNSUPPORTED,
  LARDER_UNAVAILABLE = LARDER_KV_STORE_ERROR_UNAVAILABLE,
  LARDER_OUTCOME_UNKNOWN = LARDER_KV_STORE_ERROR_OUTCOME_UNKNOWN,
  LARDER_OTHER = LARDER_KV_STORE_ERROR_OTHER
};

/* Of the call that failed last, until the next one fails. It is not the caller's to free. */
const larder_error_t *larder_error(void);

/* The same as a sentence for people, which ends with a NUL; beyond 255 bytes it is cut. */
const char *larder_error_text(void);

/* ---- Expirations and conditions ---- */

typedef larder_kv_store_version_t larder_version_t;
typedef larder_kv_store_option_version_t larder_option_version_t;
typedef larder_kv_store_option_expiration_t larder_expiration_t;
typedef larder_kv_store_condition_t larder_condition_t;
typedef larder_kv_store_option_condition_t larder_option_condition_t;

/* That a key never expires. */
static inline larder_expiration_t larder_never(void) {
  larder_expiration_t made = {false, {0, {0}}};
  return made;
}

/* So many seconds after the write, at least 1. */
static inline larder_expiration_t larder_ttl(uint64_t seconds) {
  larder_expiration_t made = {true, {LARDER_KV_STORE_EXPIRATION_TTL, {seconds}}};
  return made;
}

/* So many milliseconds after the write, at least 1. */
static inline larder_expiration_t larder_ttl_ms(uint64_t milliseconds) {
  larder_expiration_t made = {true, {LARDER_KV_STORE_EXPIRATION_TTL_MS, {milliseconds}}};
  return made;
}

/* At that Unix time in seconds, which must be in the future. */
static inline larder_expiration_t larder_at(uint64_t unix_seconds) {
  larder_expiration_t made = {true, {LARDER_KV_STORE_EXPIRATION_AT, {unix_seconds}}};
  return made;
}

static inline larder_condition_t larder_absent(void) {
  larder_condition_t made = {LARDER_KV_STORE_CONDITION_ABSENT, {0}};
  return made;
}

static inline larder_condition_t larder_present(void) {
  larder_condition_t made = {LARDER_KV_STORE_CONDITION_PRESENT, {0}};
  return made;
}

static inline larder_condition_t larder_version(larder_version_t version) {
  larder_condition_t made = {LARDER_KV_STORE_CONDITION_VERSION, {version}};
  return made;
}

/* Only if that holds, for the options of a put. */
static inline larder_option_condition_t larder_if(larder_condition_t condition) {
  larder_option_condition_t made = {true, condition};
  return made;
}

/* ---- Namespaces ---- */

typedef larder_kv_store_own_namespace_t larder_namespace_t;

/* { .expiration, .metadata, .condition }: what is left out is none. */
typedef larder_kv_store_put_options_t larder_put_options_t;
/* { .prefix, .start, .end, .reverse, .limit, .cursor } */
typedef larder_kv_store_list_options_t larder_list_options_t;

/* { value, expiration, metadata, version } */
typedef larder_kv_store_entry_t larder_entry_t;
typedef larder_kv_store_option_entry_t larder_option_entry_t;
typedef larder_kv_store_list_option_entry_t larder_entries_t;
/* { name, expiration, metadata, version, size } */
typedef larder_kv_store_key_info_t larder_key_info_t;
typedef larder_kv_store_option_key_info_t larder_option_key_info_t;
/* { value, expiration, version } */
typedef larder_kv_store_counter_t larder_counter_t;
/* { keys, cursor } */
typedef larder_kv_store_list_page_t larder_list_page_t;

/* { tag, val }: LARDER_DONE, with `val.written` after a put; or LARDER_CONFLICT, with the version
 * that was found in `val.conflict`. */
typedef larder_kv_store_write_outcome_t larder_write_outcome_t;
typedef larder_kv_store_delete_outcome_t larder_delete_outcome_t;

enum {
  LARDER_DONE = LARDER_KV_STORE_WRITE_OUTCOME_WRITTEN,
  LARDER_CONFLICT = LARDER_KV_STORE_WRITE_OUTCOME_CONFLICT
};

/* The names that larder_open knows, in order. */
void larder_bindings(larder_texts_t *names);

bool larder_open(larder_text_t binding, larder_namespace_t *kv);
void larder_close(larder_namespace_t kv);

bool larder_get(larder_namespace_t kv, larder_text_t key, larder_option_bytes_t *value);
bool larder_get_entry(larder_namespace_t kv, larder_text_t key, larder_option_entry_t *entry);
/* The entries stand in the order of the keys. */
bool larder_get_many(larder_namespace_t kv, const larder_text_t *keys, size_t count,
                     larder_entries_t *entries);
bool larder_head(larder_namespace_t kv, larder_text_t key, larder_option_key_info_t *info);

/* `version` may be NULL. */
bool larder_put(larder_namespace_t kv, larder_text_t key, larder_bytes_t value,
                larder_version_t *version);
/* `options` may be NULL, which is none; and `outcome`, where there is no condition to lose. */
bool larder_put_with(larder_namespace_t kv, larder_text_t key, larder_bytes_t value,
                     const larder_put_options_t *options, larder_write_outcome_t *outcome);

/* `deleted`, whether there was something to delete, may be NULL. */
bool larder_delete(larder_namespace_t kv, larder_text_t key, bool *deleted);
bool larder_delete_if(larder_namespace_t kv, larder_text_t key, larder_version_t version,
                      larder_delete_outcome_t *outcome);

/* `version`, which is none where there is no such key, may be NULL. */
bool larder_expire(larder_namespace_t kv, larder_text_t key, larder_expiration_t expiration,
                   larder_option_version_t *version);

/* `expiration` is that of a counter which begins here. */
bool larder_increment(larder_namespace_t kv, larder_text_t key, int64_t delta,
                      larder_expiration_t expiration, larder_counter_t *counter);

/* One page. `options` may be NULL: all keys. */
bool larder_list(larder_namespace_t kv, const larder_list_options_t *options,
                 larder_list_page_t *page);

void larder_free_texts(larder_texts_t *texts);
void larder_free_value(larder_option_bytes_t *value);
void larder_free_entry(larder_option_entry_t *entry);
void larder_free_entries(larder_entries_t *entries);
void larder_free_head(larder_option_key_info_t *info);
void larder_free_page(larder_list_page_t *page);

/* ---- All keys of a listing ---- */

/* Goes through all pages, of `limit` keys each:
 *
 *     larder_list_options_t options = {.prefix = larder_some_text("session:")};
 *     larder_keys_t keys = larder_keys(kv, &options);
 *     const larder_key_info_t *key;
 *     while ((key = larder_keys_next(&keys)) != NULL) printf("%.*s\n", LARDER_PRINT(key->name));
 *     if (!larder_keys_end(&keys)) puts(larder_error_text());
 */
typedef struct {
  larder_namespace_t kv;
  larder_list_options_t options;
  larder_list_page_t page;
  size_t next;
  bool more;
  bool failed;
} larder_keys_t;

/* `options` may be NULL. Its texts are read until larder_keys_end. */
larder_keys_t larder_keys(larder_namespace_t kv, const larder_list_options_t *options);
/* The next key, which is valid until the next call; NULL at the end and after an error. */
const larder_key_info_t *larder_keys_next(larder_keys_t *keys);
/* Frees what is left, at the end or before; false when an error ended the listing. */
bool larder_keys_end(larder_keys_t *keys);

/* ---- Commits ---- */

typedef larder_kv_store_check_t larder_check_t;         /* { key, condition } */
typedef larder_kv_store_operation_t larder_operation_t; /* from the functions below */

/* { tag, val }: LARDER_DONE, with the version and the results of the increments in
 * `val.committed`; or LARDER_CONFLICT, with the index of the check in `val.conflict`. */
typedef larder_kv_store_commit_outcome_t larder_commit_outcome_t;

static inline larder_operation_t larder_put_operation(larder_text_t key, larder_bytes_t value,
                                                      larder_expiration_t expiration) {
  larder_operation_t made;
  memset(&made, 0, sizeof made);
  made.tag = LARDER_KV_STORE_OPERATION_PUT;
  made.val.put.key = key;
  made.val.put.value = value;
  made.val.put.expiration = expiration;
  return made;
}

static inline larder_operation_t larder_delete_operation(larder_text_t key) {
  larder_operation_t made;
  memset(&made, 0, sizeof made);
  made.tag = LARDER_KV_STORE_OPERATION_DELETE;
  made.val.delete_ = key;
  return made;
}

static inline larder_operation_t larder_increment_operation(larder_text_t key, int64_t delta,
                                                            larder_expiration_t expiration) {
  larder_operation_t made;
  memset(&made, 0, sizeof made);
  made.tag = LARDER_KV_STORE_OPERATION_INCREMENT;
  made.val.increment.key = key;
  made.val.increment.delta = delta;
  made.val.increment.expiration = expiration;
  return made;
}

static inline larder_operation_t larder_expire_operation(larder_text_t key,
                                                         larder_expiration_t expiration) {
  larder_operation_t made;
  memset(&made, 0, sizeof made);
  made.tag = LARDER_KV_STORE_OPERATION_EXPIRE;
  made.val.expire.key = key;
  made.val.expire.expiration = expiration;
  return made;
}

/* `checks` may be NULL when there are none. */
bool larder_commit(larder_namespace_t kv, const larder_check_t *checks, size_t check_count,
                   const larder_operation_t *operations, size_t operation_count,
                   larder_commit_outcome_t *outcome);

void larder_free_commit_outcome(larder_commit_outcome_t *outcome);

/* ---- Values in pieces ---- */

typedef larder_kv_store_own_reader_t larder_reader_t;
typedef larder_kv_store_option_own_reader_t larder_option_reader_t;
typedef larder_kv_store_own_writer_t larder_writer_t;

bool larder_open_reader(larder_namespace_t kv, larder_text_t key, larder_option_reader_t *reader);
void larder_reader_info(larder_reader_t reader, larder_key_info_t *info);
/* At most `max` bytes from `offset`; none only at the end. */
bool larder_read(larder_reader_t reader, uint64_t offset, uint32_t max, larder_bytes_t *piece);
void larder_close_reader(larder_reader_t reader);

/* `options` may be NULL. */
bool larder_open_writer(larder_namespace_t kv, larder_text_t key,
                        const larder_put_options_t *options, larder_writer_t *writer);
bool larder_write(larder_writer_t writer, larder_bytes_t piece);
/* Makes the value visible. The writer is gone, also after an error. `outcome` may be NULL where
 * the options have no condition. */
bool larder_finish(larder_writer_t writer, larder_write_outcome_t *outcome);
/* Instead of larder_finish: nothing is stored. */
void larder_close_writer(larder_writer_t writer);

void larder_free_key_info(larder_key_info_t *info);
void larder_free_bytes(larder_bytes_t *bytes);

#ifdef __cplusplus
}
#endif
#endif
