/* A component that answers HTTP: it defines larder_handle, which is called for each request.
 *
 *     void larder_handle(larder_request_t *request, larder_response_t *response) {
 *       larder_print(response, "%.*s\n", LARDER_PRINT(request->path));
 *     }
 *
 * What is read of the request is valid until larder_handle returns, and is not the caller's to
 * free. The response is gathered in memory and sent then.
 */
#ifndef LARDER_HTTP_H
#define LARDER_HTTP_H

#include "larder.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  larder_text_t method; /* "GET", as it was sent */
  larder_text_t path;   /* "/sessions/1", as it was sent: percent signs are not resolved */
  larder_text_t query;  /* what follows the "?"; empty without one */
  /* The rest is for the functions below. */
  struct larder_incoming *incoming;
} larder_request_t;

typedef struct {
  uint16_t status; /* 200 at first */
  /* The rest is for the functions below. */
  struct larder_outgoing *outgoing;
} larder_response_t;

/* The program's. It is called once for each request. */
void larder_handle(larder_request_t *request, larder_response_t *response);

bool larder_text_is(larder_text_t text, const char *other);

/* The value of the first header of that name, in whichever case; false when there is none. */
bool larder_request_header(const larder_request_t *request, const char *name,
                           larder_text_t *value);

/* The whole body. False when it is longer than `max` bytes or was broken off. */
bool larder_request_body(larder_request_t *request, size_t max, larder_bytes_t *body);

/* Adds a header. False when it is none that HTTP allows. Content-Length is set by itself. */
bool larder_response_header(larder_response_t *response, const char *name, const char *value);

/* Adds to the body. */
void larder_append(larder_response_t *response, larder_bytes_t bytes);

/* The same as printf does. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void larder_print(larder_response_t *response, const char *format, ...);

#ifdef __cplusplus
}
#endif
#endif
