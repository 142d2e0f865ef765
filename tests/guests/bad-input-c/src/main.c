/* What C programs get wrong, each said on a line; then that the instance works on. With the
 * argument `closed` it uses a reader that it has closed. */
#include <larder.h>
#include <stdio.h>
#include <stdlib.h>

static larder_namespace_t kv;

static void said(const char *what, bool ok) {
  printf("%s: %s\n", what, ok ? "done" : larder_error_text());
}

static larder_text_t repeated(char letter, size_t times) {
  char *text = malloc(times);
  if (text == NULL) abort();
  memset(text, letter, times);
  return larder_text_n(text, times);
}

static void too_large(void) {
  larder_text_t key = repeated('k', 513);
  larder_text_t text = repeated('v', 26214401);
  larder_bytes_t value = larder_bytes(text.ptr, text.len);
  larder_option_bytes_t found;
  said("get of 513 bytes", larder_get(kv, key, &found));
  said("put under 513 bytes", larder_put(kv, key, larder_bytes_of("v"), NULL));
  said("put of 26214401 bytes", larder_put(kv, larder_text("k"), value, NULL));

  larder_writer_t writer;
  said("open-writer", larder_open_writer(kv, larder_text("k"), NULL, &writer));
  said("write of 26214401 bytes", larder_write(writer, value));
  said("finish after that", larder_finish(writer, NULL));
  free(key.ptr);
  free(text.ptr);
}

static void not_utf_8(void) {
  static const struct {
    const char *what;
    const char *bytes;
  } texts[] = {
      {"a byte that never occurs", "ab\xff"},
      {"a continuation alone", "\x80"},
      {"a sequence cut short", "a\xe2\x82"},
      {"a sequence broken off", "\xe2\x82z"},
      {"an overlong NUL", "\xc0\x80"},
      {"an overlong slash", "\xe0\x80\xaf"},
      {"a lone surrogate", "\xed\xa0\x80"},
      {"beyond U+10FFFF", "\xf4\x90\x80\x80"},
      {"no code point at all", "\xf5\x80\x80\x80"},
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    said(texts[i].what, larder_put(kv, larder_text(texts[i].bytes), larder_bytes_of("v"), NULL));
  }

  larder_namespace_t other;
  larder_list_page_t page;
  larder_entries_t entries;
  larder_commit_outcome_t outcome;
  larder_text_t keys[] = {larder_text("k"), larder_text("\xff")};
  larder_put_options_t options = {.metadata = larder_some_text("\"\xff\"")};
  larder_list_options_t bounds = {.prefix = larder_some_text("\xff")};
  larder_check_t check = {keys[1], larder_absent()};
  larder_operation_t operations[] = {larder_delete_operation(keys[0]),
                                     larder_increment_operation(keys[1], 1, larder_never())};
  said("binding", larder_open(keys[1], &other));
  said("metadata", larder_put_with(kv, keys[0], larder_bytes_of("v"), &options, NULL));
  said("prefix", larder_list(kv, &bounds, &page));
  said("one key of many", larder_get_many(kv, keys, 2, &entries));
  said("check", larder_commit(kv, &check, 1, operations, 1, &outcome));
  said("operation", larder_commit(kv, NULL, 0, operations, 2, &outcome));
}

static void works_on(void) {
  larder_option_bytes_t value;
  said("put of text at every length of UTF-8",
       larder_put(kv,
                  larder_text("k\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
                              "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
                  larder_bytes_of("v"), NULL));
  said("put without options",
       larder_put_with(kv, larder_text("k"), larder_bytes_of("v"), NULL, NULL));
  said("get", larder_get(kv, larder_text("k"), &value) && value.is_some && value.val.len == 1);
  larder_free_value(&value);
  larder_free_value(&value);
}

static void closed(void) {
  larder_option_reader_t reader;
  larder_bytes_t piece;
  said("put", larder_put(kv, larder_text("k"), larder_bytes_of("v"), NULL));
  said("open-reader", larder_open_reader(kv, larder_text("k"), &reader));
  larder_close_reader(reader.val);
  fflush(stdout);
  said("read", larder_read(reader.val, 0, 1, &piece));
}

int main(int argc, char **argv) {
  if (!larder_open(larder_text("KV"), &kv)) return EXIT_FAILURE;
  if (argc > 1 && strcmp(argv[1], "closed") == 0) {
    closed();
    return EXIT_SUCCESS;
  }
  larder_option_bytes_t found;
  said("NULL for a key", larder_get(kv, larder_text(NULL), &found));
  too_large();
  not_utf_8();
  works_on();
  return argc > 1 ? atoi(argv[1]) : EXIT_SUCCESS;
}
