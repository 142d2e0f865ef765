#include "larder.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- Errors ---- */

static larder_error_t last_error;

const larder_error_t *larder_error(void) {
  return &last_error;
}

/* Keeps the error for larder_error; whether there was none. */
static bool done(bool ok, const larder_error_t *error) {
  if (!ok) {
    larder_kv_store_error_free(&last_error);
    last_error = *error;
  }
  return ok;
}

static const char *subject_name(larder_kv_store_subject_t subject) {
  static const char *const names[] = {"key", "value", "metadata", "batch"};
  return names[subject];
}

static const char *quota_name(larder_kv_store_quota_t quota) {
  static const char *const names[] = {"the namespace may have no more keys",
                                      "the namespace may have no more bytes", "the store is full"};
  return names[quota];
}

const char *larder_error_text(void) {
  static char text[256];
  const larder_error_t *error = &last_error;
  switch (error->tag) {
  case LARDER_NO_SUCH_BINDING:
    return "no namespace is bound under that name, or it has been deleted";
  case LARDER_ACCESS_DENIED:
    return "access denied: the binding is read-only, or the host does not allow it";
  case LARDER_INVALID_ARGUMENT:
    snprintf(text, sizeof text, "%.*s", LARDER_PRINT(error->val.invalid_argument));
    return text;
  case LARDER_TOO_LARGE:
    snprintf(text, sizeof text, "the %s has %" PRIu64 " bytes; at most %" PRIu64 " are allowed",
             subject_name(error->val.too_large.of), error->val.too_large.bytes,
             error->val.too_large.bytes_max);
    return text;
  case LARDER_QUOTA_EXCEEDED:
    snprintf(text, sizeof text, "no room left: %s", quota_name(error->val.quota_exceeded));
    return text;
  case LARDER_TOO_MANY_REQUESTS:
    snprintf(text, sizeof text, "too many requests; try again after %" PRIu32 " ms",
             error->val.too_many_requests);
    return text;
  case LARDER_NOT_A_COUNTER:
    return "the value is not a decimal integer, or the sum does not fit in 64 bits";
  case LARDER_UNSUPPORTED:
    snprintf(text, sizeof text, "the store cannot do that: %.*s",
             LARDER_PRINT(error->val.unsupported));
    return text;
  case LARDER_UNAVAILABLE:
    return "the store is not available";
  case LARDER_OUTCOME_UNKNOWN:
    return "the outcome of the write is unknown";
  default:
    snprintf(text, sizeof text, "the store failed: %.*s", LARDER_PRINT(error->val.other));
    return text;
  }
}

/* ---- Text that the component model can carry ---- */

/* The length of the UTF-8 sequence at `bytes`, or 0 when there is none. */
static size_t sequence(const uint8_t *bytes, size_t left) {
  uint8_t first = bytes[0];
  size_t len = first < 0x80   ? 1
               : first < 0xc2 ? 0
               : first < 0xe0 ? 2
               : first < 0xf0 ? 3
               : first < 0xf5 ? 4
                              : 0;
  if (len > left) return 0;
  for (size_t i = 1; i < len; i++) {
    if ((bytes[i] & 0xc0) != 0x80) return 0;
  }
  /* Longer than needed, a surrogate, or beyond U+10FFFF. */
  if ((first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f)) return 0;
  if ((first == 0xf0 && bytes[1] < 0x90) || (first == 0xf4 && bytes[1] > 0x8f)) return 0;
  return len;
}

/* A host ends an instance that hands over a string which is not UTF-8, so it does not get there. */
static bool is_text(const char *what, larder_text_t text) {
  size_t at = 0;
  while (at < text.len) {
    size_t len = sequence(text.ptr + at, text.len - at);
    if (len == 0) {
      char reason[64];
      snprintf(reason, sizeof reason, "the %s is not UTF-8 at byte %zu", what, at);
      larder_error_t error = {.tag = LARDER_INVALID_ARGUMENT};
      guest_string_dup(&error.val.invalid_argument, reason);
      return done(false, &error);
    }
    at += len;
  }
  return true;
}

static bool is_key(larder_text_t key) {
  return is_text("key", key);
}

static bool is_option(const char *what, larder_option_text_t text) {
  return !text.is_some || is_text(what, text.val);
}

/* ---- Namespaces ---- */

static larder_kv_store_borrow_namespace_t on(larder_namespace_t kv) {
  return larder_kv_store_borrow_namespace(kv);
}

/* An expiration as the bindings pass one that may be none. */
static larder_kv_store_expiration_t *maybe(larder_expiration_t *expiration) {
  return expiration->is_some ? &expiration->val : NULL;
}

void larder_bindings(larder_texts_t *names) {
  larder_kv_store_bindings(names);
}

bool larder_open(larder_text_t binding, larder_namespace_t *kv) {
  larder_error_t error;
  return is_text("binding", binding) &&
         done(larder_kv_store_static_namespace_open(&binding, kv, &error), &error);
}

void larder_close(larder_namespace_t kv) {
  larder_kv_store_namespace_drop_own(kv);
}

bool larder_get(larder_namespace_t kv, larder_text_t key, larder_option_bytes_t *value) {
  larder_error_t error;
  return is_key(key) &&
         done(larder_kv_store_method_namespace_get(on(kv), &key, value, &error), &error);
}

bool larder_get_entry(larder_namespace_t kv, larder_text_t key, larder_option_entry_t *entry) {
  larder_error_t error;
  return is_key(key) &&
         done(larder_kv_store_method_namespace_get_entry(on(kv), &key, entry, &error), &error);
}

bool larder_get_many(larder_namespace_t kv, const larder_text_t *keys, size_t count,
                     larder_entries_t *entries) {
  for (size_t i = 0; i < count; i++) {
    if (!is_key(keys[i])) return false;
  }
  larder_texts_t list = {(larder_text_t *)keys, count};
  larder_error_t error;
  return done(larder_kv_store_method_namespace_get_many(on(kv), &list, entries, &error), &error);
}

bool larder_head(larder_namespace_t kv, larder_text_t key, larder_option_key_info_t *info) {
  larder_error_t error;
  return is_key(key) &&
         done(larder_kv_store_method_namespace_head(on(kv), &key, info, &error), &error);
}

bool larder_put(larder_namespace_t kv, larder_text_t key, larder_bytes_t value,
                larder_version_t *version) {
  larder_version_t ignored;
  larder_error_t error;
  if (version == NULL) version = &ignored;
  return is_key(key) &&
         done(larder_kv_store_method_namespace_put(on(kv), &key, &value, version, &error), &error);
}

/* Options as they are passed on: a copy, or none. */
static bool put_options(const larder_put_options_t *given, larder_put_options_t *options) {
  memset(options, 0, sizeof *options);
  if (given != NULL) *options = *given;
  return is_option("metadata", options->metadata);
}

bool larder_put_with(larder_namespace_t kv, larder_text_t key, larder_bytes_t value,
                     const larder_put_options_t *given, larder_write_outcome_t *outcome) {
  larder_write_outcome_t ignored;
  larder_put_options_t options;
  larder_error_t error;
  if (outcome == NULL) outcome = &ignored;
  return is_key(key) && put_options(given, &options) &&
         done(larder_kv_store_method_namespace_put_with(on(kv), &key, &value, &options, outcome,
                                                        &error),
              &error);
}

bool larder_delete(larder_namespace_t kv, larder_text_t key, bool *deleted) {
  bool ignored;
  larder_error_t error;
  if (deleted == NULL) deleted = &ignored;
  return is_key(key) &&
         done(larder_kv_store_method_namespace_delete(on(kv), &key, deleted, &error), &error);
}

bool larder_delete_if(larder_namespace_t kv, larder_text_t key, larder_version_t version,
                      larder_delete_outcome_t *outcome) {
  larder_error_t error;
  return is_key(key) &&
         done(larder_kv_store_method_namespace_delete_if(on(kv), &key, version, outcome, &error),
              &error);
}

bool larder_expire(larder_namespace_t kv, larder_text_t key, larder_expiration_t expiration,
                   larder_option_version_t *version) {
  larder_option_version_t ignored;
  larder_error_t error;
  if (version == NULL) version = &ignored;
  return is_key(key) && done(larder_kv_store_method_namespace_expire(
                                 on(kv), &key, maybe(&expiration), version, &error),
                             &error);
}

bool larder_increment(larder_namespace_t kv, larder_text_t key, int64_t delta,
                      larder_expiration_t expiration, larder_counter_t *counter) {
  larder_error_t error;
  return is_key(key) && done(larder_kv_store_method_namespace_increment(
                                 on(kv), &key, delta, maybe(&expiration), counter, &error),
                             &error);
}

bool larder_list(larder_namespace_t kv, const larder_list_options_t *given,
                 larder_list_page_t *page) {
  larder_list_options_t options;
  memset(&options, 0, sizeof options);
  if (given != NULL) options = *given;
  larder_error_t error;
  return is_option("prefix", options.prefix) && is_option("start", options.start) &&
         is_option("end", options.end) && is_option("cursor", options.cursor) &&
         done(larder_kv_store_method_namespace_list(on(kv), &options, page, &error), &error);
}

/* ---- All keys of a listing ---- */

larder_keys_t larder_keys(larder_namespace_t kv, const larder_list_options_t *options) {
  larder_keys_t keys;
  memset(&keys, 0, sizeof keys);
  keys.kv = kv;
  keys.more = true;
  if (options != NULL) keys.options = *options;
  return keys;
}

const larder_key_info_t *larder_keys_next(larder_keys_t *keys) {
  while (keys->next == keys->page.keys.len) {
    larder_list_page_t page;
    if (!keys->more) return NULL;
    if (!larder_list(keys->kv, &keys->options, &page)) {
      keys->more = false;
      keys->failed = true;
      return NULL;
    }
    /* The cursor of the old page was read until here. */
    larder_free_page(&keys->page);
    keys->page = page;
    keys->next = 0;
    keys->options.cursor = page.cursor;
    keys->more = page.cursor.is_some;
  }
  return &keys->page.keys.ptr[keys->next++];
}

bool larder_keys_end(larder_keys_t *keys) {
  larder_free_page(&keys->page);
  keys->next = 0;
  keys->more = false;
  return !keys->failed;
}

/* ---- Commits ---- */

/* The key stands first in every kind of operation. */
static larder_text_t key_of(const larder_operation_t *operation) {
  return operation->val.delete_;
}

static bool is_operation(const larder_operation_t *operation) {
  return is_key(key_of(operation)) && (operation->tag != LARDER_KV_STORE_OPERATION_PUT ||
                                       is_option("metadata", operation->val.put.metadata));
}

bool larder_commit(larder_namespace_t kv, const larder_check_t *checks, size_t check_count,
                   const larder_operation_t *operations, size_t operation_count,
                   larder_commit_outcome_t *outcome) {
  for (size_t i = 0; i < check_count; i++) {
    if (!is_key(checks[i].key)) return false;
  }
  for (size_t i = 0; i < operation_count; i++) {
    if (!is_operation(&operations[i])) return false;
  }
  larder_kv_store_list_check_t all_checks = {(larder_check_t *)checks, check_count};
  larder_kv_store_list_operation_t all_operations = {(larder_operation_t *)operations,
                                                     operation_count};
  larder_error_t error;
  return done(larder_kv_store_method_namespace_commit(on(kv), &all_checks, &all_operations,
                                                      outcome, &error),
              &error);
}

/* ---- Values in pieces ---- */

bool larder_open_reader(larder_namespace_t kv, larder_text_t key, larder_option_reader_t *reader) {
  larder_error_t error;
  return is_key(key) &&
         done(larder_kv_store_method_namespace_open_reader(on(kv), &key, reader, &error), &error);
}

void larder_reader_info(larder_reader_t reader, larder_key_info_t *info) {
  larder_kv_store_method_reader_info(larder_kv_store_borrow_reader(reader), info);
}

bool larder_read(larder_reader_t reader, uint64_t offset, uint32_t max, larder_bytes_t *piece) {
  larder_error_t error;
  return done(larder_kv_store_method_reader_read(larder_kv_store_borrow_reader(reader), offset,
                                                 max, piece, &error),
              &error);
}

void larder_close_reader(larder_reader_t reader) {
  larder_kv_store_reader_drop_own(reader);
}

bool larder_open_writer(larder_namespace_t kv, larder_text_t key,
                        const larder_put_options_t *given, larder_writer_t *writer) {
  larder_put_options_t options;
  larder_error_t error;
  return is_key(key) && put_options(given, &options) &&
         done(larder_kv_store_method_namespace_open_writer(on(kv), &key, &options, writer, &error),
              &error);
}

bool larder_write(larder_writer_t writer, larder_bytes_t piece) {
  larder_error_t error;
  return done(larder_kv_store_method_writer_write(larder_kv_store_borrow_writer(writer), &piece,
                                                  &error),
              &error);
}

bool larder_finish(larder_writer_t writer, larder_write_outcome_t *outcome) {
  larder_write_outcome_t ignored;
  larder_error_t error;
  if (outcome == NULL) outcome = &ignored;
  return done(larder_kv_store_static_writer_finish(writer, outcome, &error), &error);
}

void larder_close_writer(larder_writer_t writer) {
  larder_kv_store_writer_drop_own(writer);
}

/* ---- Freeing ---- */

#define FREES(function, type, generated) \
  void function(type *freed) { \
    generated(freed); \
    memset(freed, 0, sizeof *freed); \
  }

FREES(larder_free_texts, larder_texts_t, guest_list_string_free)
FREES(larder_free_value, larder_option_bytes_t, guest_option_list_u8_free)
FREES(larder_free_bytes, larder_bytes_t, guest_list_u8_free)
FREES(larder_free_entry, larder_option_entry_t, larder_kv_store_option_entry_free)
FREES(larder_free_entries, larder_entries_t, larder_kv_store_list_option_entry_free)
FREES(larder_free_head, larder_option_key_info_t, larder_kv_store_option_key_info_free)
FREES(larder_free_key_info, larder_key_info_t, larder_kv_store_key_info_free)
FREES(larder_free_page, larder_list_page_t, larder_kv_store_list_page_free)
FREES(larder_free_commit_outcome, larder_commit_outcome_t, larder_kv_store_commit_outcome_free)
