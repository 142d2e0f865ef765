#include "parts.h"

/* Twice, since it is kept; at most 10000 bytes. */
void echo(larder_request_t *request, larder_response_t *response) {
  larder_bytes_t body, again;
  if (!larder_request_body(request, 10000, &body) || !larder_request_body(request, 10000, &again)) {
    response->status = 413;
    larder_print(response, "too long");
    return;
  }
  larder_append(response, body);
  larder_append(response, again);
}

void headers(larder_request_t *request, larder_response_t *response) {
  larder_text_t value = larder_text("none");
  bool found = larder_request_header(request, "X-ASKED", &value);
  bool set = larder_response_header(response, "set-cookie", "a=1");
  bool refused = larder_response_header(response, "no header", "1") ||
                 larder_response_header(response, "x-split", "a\r\nx-more: 1");
  larder_print(response, "%d %.*s %d %d", found, LARDER_PRINT(value), set, refused);
}
