/* What the tests ask of larder_http.h, by path. */
#include "parts.h"

#include <stdlib.h>

void larder_handle(larder_request_t *request, larder_response_t *response) {
  if (larder_text_is(request->path, "/echo")) {
    echo(request, response);
  } else if (larder_text_is(request->path, "/headers")) {
    headers(request, response);
  } else if (larder_text_is(request->path, "/no-content")) {
    response->status = 204;
  } else if (larder_text_is(request->path, "/large")) {
    for (int i = 0; i < 100000; i++) larder_print(response, "%09d\n", i);
  } else if (larder_text_is(request->path, "/abort")) {
    abort();
  } else {
    response->status = 404;
    larder_print(response, "%.*s %.*s ?%.*s", LARDER_PRINT(request->method),
                 LARDER_PRINT(request->path), LARDER_PRINT(request->query));
  }
}
