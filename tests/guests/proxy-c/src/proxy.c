/* The proxy guest of tests/guests/wit, through larder.h.
 *
 * The arguments of an export belong to it, so each frees its own; what it answers the bindings
 * free. */
#include <larder.h>
#include <stdlib.h>

#define PROXY(name) exports_larder_test_guests_operations_##name

static larder_namespace_t kv;
static bool is_open;

/* Hands the last error on: a copy, since the library keeps its own. */
static bool answer(bool ok, larder_error_t *error) {
  if (ok) return true;
  *error = *larder_error();
  guest_string_t *text = error->tag == LARDER_INVALID_ARGUMENT ? &error->val.invalid_argument
                         : error->tag == LARDER_UNSUPPORTED    ? &error->val.unsupported
                         : error->tag == LARDER_OTHER          ? &error->val.other
                                                               : NULL;
  if (text != NULL) guest_string_dup_n(text, (const char *)text->ptr, text->len);
  return false;
}

static larder_expiration_t expiration(const larder_kv_store_expiration_t *maybe) {
  larder_expiration_t given = larder_never();
  if (maybe != NULL) {
    given.is_some = true;
    given.val = *maybe;
  }
  return given;
}

/* ---- Namespaces ---- */

void PROXY(bindings)(guest_list_string_t *ret) {
  larder_bindings(ret);
}

bool PROXY(open)(guest_string_t *binding, larder_error_t *err) {
  larder_namespace_t opened;
  bool ok = larder_open(*binding, &opened);
  if (ok) {
    if (is_open) larder_close(kv);
    kv = opened;
    is_open = true;
  }
  guest_string_free(binding);
  return answer(ok, err);
}

bool PROXY(get)(guest_string_t *key, guest_option_list_u8_t *ret, larder_error_t *err) {
  bool ok = larder_get(kv, *key, ret);
  guest_string_free(key);
  return answer(ok, err);
}

bool PROXY(get_repeatedly)(guest_string_t *key, uint32_t times, larder_error_t *err) {
  bool ok = true;
  for (uint32_t i = 0; ok && i < times; i++) {
    larder_option_bytes_t value;
    ok = larder_get(kv, *key, &value);
    if (ok) larder_free_value(&value);
  }
  guest_string_free(key);
  return answer(ok, err);
}

bool PROXY(get_entry)(guest_string_t *key, PROXY(option_entry_t) *ret, larder_error_t *err) {
  larder_option_entry_t entry = {.is_some = false};
  bool ok = larder_get_entry(kv, *key, &entry);
  ret->is_some = entry.is_some;
  ret->val = entry.val;
  guest_string_free(key);
  return answer(ok, err);
}

bool PROXY(get_many)(guest_list_string_t *keys, PROXY(list_option_entry_t) *ret,
                     larder_error_t *err) {
  larder_entries_t entries = {NULL, 0};
  bool ok = larder_get_many(kv, keys->ptr, keys->len, &entries);
  ret->ptr = (PROXY(option_entry_t) *)entries.ptr;
  ret->len = entries.len;
  guest_list_string_free(keys);
  return answer(ok, err);
}

bool PROXY(head)(guest_string_t *key, PROXY(option_key_info_t) *ret, larder_error_t *err) {
  larder_option_key_info_t info = {.is_some = false};
  bool ok = larder_head(kv, *key, &info);
  ret->is_some = info.is_some;
  ret->val = info.val;
  guest_string_free(key);
  return answer(ok, err);
}

bool PROXY(put)(guest_string_t *key, guest_list_u8_t *value, larder_version_t *ret,
                larder_error_t *err) {
  bool ok = larder_put(kv, *key, *value, ret);
  guest_string_free(key);
  guest_list_u8_free(value);
  return answer(ok, err);
}

bool PROXY(put_with)(guest_string_t *key, guest_list_u8_t *value, larder_put_options_t *options,
                     larder_write_outcome_t *ret, larder_error_t *err) {
  bool ok = larder_put_with(kv, *key, *value, options, ret);
  guest_string_free(key);
  guest_list_u8_free(value);
  larder_kv_store_put_options_free(options);
  return answer(ok, err);
}

bool PROXY(delete)(guest_string_t *key, bool *ret, larder_error_t *err) {
  bool ok = larder_delete(kv, *key, ret);
  guest_string_free(key);
  return answer(ok, err);
}

bool PROXY(delete_if)(guest_string_t *key, larder_version_t version, larder_delete_outcome_t *ret,
                      larder_error_t *err) {
  bool ok = larder_delete_if(kv, *key, version, ret);
  guest_string_free(key);
  return answer(ok, err);
}

bool PROXY(expire)(guest_string_t *key, larder_kv_store_expiration_t *maybe,
                   PROXY(option_version_t) *ret, larder_error_t *err) {
  larder_option_version_t version = {.is_some = false};
  bool ok = larder_expire(kv, *key, expiration(maybe), &version);
  ret->is_some = version.is_some;
  ret->val = version.val;
  guest_string_free(key);
  return answer(ok, err);
}

bool PROXY(increment)(guest_string_t *key, int64_t delta, larder_kv_store_expiration_t *maybe,
                      larder_counter_t *ret, larder_error_t *err) {
  bool ok = larder_increment(kv, *key, delta, expiration(maybe), ret);
  guest_string_free(key);
  return answer(ok, err);
}

bool PROXY(list)(larder_list_options_t *options, larder_list_page_t *ret, larder_error_t *err) {
  bool ok = larder_list(kv, options, ret);
  larder_kv_store_list_options_free(options);
  return answer(ok, err);
}

bool PROXY(commit)(PROXY(list_check_t) *checks, PROXY(list_operation_t) *operations,
                   larder_commit_outcome_t *ret, larder_error_t *err) {
  bool ok = larder_commit(kv, checks->ptr, checks->len, operations->ptr, operations->len, ret);
  PROXY(list_check_free)(checks);
  PROXY(list_operation_free)(operations);
  return answer(ok, err);
}

/* ---- Values in pieces ---- */

/* The number of what is open in each place; 0 where nothing is. */
static uint32_t numbers[64];
static union {
  larder_reader_t reader;
  larder_writer_t writer;
} opened[64];

/* The place of that number; of 0, a free one. */
static size_t place(uint32_t number) {
  for (size_t i = 0; i < 64; i++) {
    if (numbers[i] == number) return i;
  }
  abort();
}

static uint32_t give_number(size_t at) {
  static uint32_t last;
  return numbers[at] = ++last;
}

bool PROXY(open_reader)(guest_string_t *key, guest_option_u32_t *ret, larder_error_t *err) {
  larder_option_reader_t reader;
  bool ok = larder_open_reader(kv, *key, &reader);
  guest_string_free(key);
  if (!ok) return answer(false, err);
  ret->is_some = reader.is_some;
  if (reader.is_some) {
    size_t at = place(0);
    opened[at].reader = reader.val;
    ret->val = give_number(at);
  }
  return true;
}

void PROXY(info)(uint32_t reader, larder_key_info_t *ret) {
  larder_reader_info(opened[place(reader)].reader, ret);
}

bool PROXY(read)(uint32_t reader, uint64_t offset, uint32_t max, guest_list_u8_t *ret,
                 larder_error_t *err) {
  return answer(larder_read(opened[place(reader)].reader, offset, max, ret), err);
}

void PROXY(drop_reader)(uint32_t reader) {
  size_t at = place(reader);
  larder_close_reader(opened[at].reader);
  numbers[at] = 0;
}

bool PROXY(open_writer)(guest_string_t *key, larder_put_options_t *options, uint32_t *ret,
                        larder_error_t *err) {
  larder_writer_t writer;
  bool ok = larder_open_writer(kv, *key, options, &writer);
  guest_string_free(key);
  larder_kv_store_put_options_free(options);
  if (!ok) return answer(false, err);
  size_t at = place(0);
  opened[at].writer = writer;
  *ret = give_number(at);
  return true;
}

bool PROXY(write)(uint32_t writer, guest_list_u8_t *chunk, larder_error_t *err) {
  bool ok = larder_write(opened[place(writer)].writer, *chunk);
  guest_list_u8_free(chunk);
  return answer(ok, err);
}

bool PROXY(finish)(uint32_t writer, larder_write_outcome_t *ret, larder_error_t *err) {
  size_t at = place(writer);
  numbers[at] = 0;
  return answer(larder_finish(opened[at].writer, ret), err);
}

void PROXY(drop_writer)(uint32_t writer) {
  size_t at = place(writer);
  larder_close_writer(opened[at].writer);
  numbers[at] = 0;
}
