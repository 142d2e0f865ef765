/* Counters on the command line: `counter [NAME] [DELTA]` adds and prints, `counter --list` lists
 * them. */
#include <errno.h>
#include <inttypes.h>
#include <larder.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: counter [NAME] [DELTA]   add DELTA (default 1) to NAME (default `visits`) and print the "
    "sum\n"
    "       counter --list           print all counters\n";

static bool add(larder_namespace_t kv, const char *name, int64_t delta) {
  larder_counter_t counter;
  if (!larder_increment(kv, larder_text(name), delta, larder_never(), &counter)) return false;
  printf("%" PRId64 "\n", counter.value);
  return true;
}

static bool print(larder_namespace_t kv, larder_text_t name) {
  larder_option_bytes_t value;
  if (!larder_get(kv, name, &value)) return false;
  /* It may have been deleted since it was listed. */
  if (value.is_some) printf("%.*s %.*s\n", LARDER_PRINT(name), LARDER_PRINT(value.val));
  larder_free_value(&value);
  return true;
}

static bool list(larder_namespace_t kv) {
  larder_keys_t keys = larder_keys(kv, NULL);
  const larder_key_info_t *key;
  bool printed = true;
  while (printed && (key = larder_keys_next(&keys)) != NULL) printed = print(kv, key->name);
  return larder_keys_end(&keys) && printed;
}

/* A whole decimal number, of 64 bits with sign. */
static bool number(const char *text, int64_t *parsed) {
  char *end;
  errno = 0;
  *parsed = strtoll(text, &end, 10);
  return errno == 0 && end != text && *end == '\0';
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "visits";
  bool listing = argc == 2 && strcmp(name, "--list") == 0;
  int64_t delta = 1;
  if (!listing && (argc > 3 || name[0] == '-' || (argc == 3 && !number(argv[2], &delta)))) {
    fputs(usage, stderr);
    return EXIT_FAILURE;
  }
  larder_namespace_t kv;
  if (!larder_open(larder_text("COUNTERS"), &kv) || !(listing ? list(kv) : add(kv, name, delta))) {
    fprintf(stderr, "counter: %s\n", larder_error_text());
    return EXIT_FAILURE;
  }
  larder_close(kv);
  return EXIT_SUCCESS;
}
