#include <inttypes.h>
#include <larder_http.h>

void larder_handle(larder_request_t *request, larder_response_t *response) {
  larder_namespace_t kv;
  larder_counter_t visits;
  if (!larder_open(larder_text("KV"), &kv) ||
      !larder_increment(kv, request->path, 1, larder_never(), &visits)) {
    response->status = 500;
    larder_print(response, "%s\n", larder_error_text());
    return;
  }
  larder_print(response, "visit %" PRId64 " of %.*s\n", visits.value, LARDER_PRINT(request->path));
}
