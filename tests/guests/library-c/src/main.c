/* What larder.h adds to the bindings: listings over all pages, and the parts of options and commits.
 * Each line says what came of it. */
#include <inttypes.h>
#include <larder.h>
#include <stdio.h>
#include <stdlib.h>

static larder_namespace_t kv;

static void need(bool ok) {
  if (ok) return;
  fprintf(stderr, "%s\n", larder_error_text());
  exit(EXIT_FAILURE);
}

static void list(const larder_list_options_t *options, size_t most) {
  larder_keys_t keys = larder_keys(kv, options);
  const larder_key_info_t *key = NULL;
  size_t listed = 0;
  while (listed < most && (key = larder_keys_next(&keys)) != NULL) {
    printf("%.*s ", LARDER_PRINT(key->name));
    listed++;
  }
  puts(larder_keys_end(&keys) ? "end" : larder_error_text());
}

static void listings(void) {
  static const char *const names[] = {"a", "b:1", "b:2", "b:3", "b:4", "b:5", "c"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    need(larder_put(kv, larder_text(names[i]), larder_bytes_of("1"), NULL));
  }
  larder_list_options_t all = {.prefix = larder_some_text(NULL)};
  list(NULL, SIZE_MAX);
  all.limit = larder_some_u32(2);
  list(&all, SIZE_MAX);
  list(&all, 3);
  all.prefix = larder_some_text("b:");
  all.reverse = true;
  list(&all, SIZE_MAX);
  all.prefix = larder_some_text("none");
  list(&all, SIZE_MAX);
  all.limit = larder_some_u32(0);
  list(&all, SIZE_MAX);
}

static void commits(void) {
  larder_check_t checks[] = {{larder_text("new"), larder_absent()},
                             {larder_text("a"), larder_present()}};
  larder_operation_t operations[] = {
      larder_put_operation(larder_text("new"), larder_bytes_of("41"), larder_never()),
      larder_increment_operation(larder_text("new"), 1, larder_ttl(60)),
      larder_delete_operation(larder_text("a")),
      larder_expire_operation(larder_text("c"), larder_at(4000000000)),
  };
  larder_commit_outcome_t outcome;
  need(larder_commit(kv, checks, 2, operations, 4, &outcome));
  printf("commit: %s, counter %" PRId64 "\n", outcome.tag == LARDER_DONE ? "done" : "conflict",
         outcome.val.committed.counters.ptr[0]);
  larder_free_commit_outcome(&outcome);
  need(larder_commit(kv, checks, 2, operations, 4, &outcome));
  printf("again: %s of check %" PRIu32 "\n", outcome.tag == LARDER_DONE ? "done" : "conflict",
         outcome.val.conflict);

  larder_option_key_info_t info;
  need(larder_head(kv, larder_text("c"), &info));
  printf("c expires at %" PRIu64 "\n", info.val.expiration.val);
  larder_free_head(&info);
}

static void conditions(void) {
  larder_version_t version;
  larder_write_outcome_t outcome;
  need(larder_put(kv, larder_text("v"), larder_bytes_of("1"), &version));
  larder_put_options_t options = {.condition = larder_if(larder_version(version)),
                                  .expiration = larder_ttl_ms(60000),
                                  .metadata = larder_some_text("{\"m\":1}")};
  for (int i = 0; i < 2; i++) {
    need(larder_put_with(kv, larder_text("v"), larder_bytes_of("2"), &options, &outcome));
    puts(outcome.tag == LARDER_DONE ? "put: done" : "put: conflict");
  }
  larder_option_entry_t entry;
  need(larder_get_entry(kv, larder_text("v"), &entry));
  printf("%.*s with %.*s, %s\n", LARDER_PRINT(entry.val.value), LARDER_PRINT(entry.val.metadata.val),
         entry.val.expiration.is_some ? "expires" : "stays");
  larder_free_entry(&entry);
  need(larder_expire(kv, larder_text("v"), larder_never(), NULL));
  need(larder_get_entry(kv, larder_text("v"), &entry));
  puts(entry.val.expiration.is_some ? "expires" : "stays");
  larder_free_entry(&entry);
  puts(entry.is_some ? "not freed" : "freed");
}

int main(void) {
  need(larder_open(larder_text("KV"), &kv));
  listings();
  commits();
  conditions();
  larder_close(kv);
  return EXIT_SUCCESS;
}
