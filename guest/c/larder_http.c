#include "larder_http.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Memory that grows ---- */

typedef struct {
  uint8_t *ptr;
  size_t len;
  size_t capacity;
} buffer_t;

/* Room for so many bytes more. Without memory the component traps, as in the bindings. */
static uint8_t *room(buffer_t *buffer, size_t bytes) {
  if (bytes > buffer->capacity - buffer->len) {
    size_t capacity = buffer->capacity * 2;
    if (capacity - buffer->len < bytes) capacity = buffer->len + bytes;
    buffer->ptr = realloc(buffer->ptr, capacity);
    if (buffer->ptr == NULL) abort();
    buffer->capacity = capacity;
  }
  return buffer->ptr + buffer->len;
}

static void append(buffer_t *buffer, larder_bytes_t bytes) {
  if (bytes.len == 0) return;
  memcpy(room(buffer, bytes.len), bytes.ptr, bytes.len);
  buffer->len += bytes.len;
}

bool larder_text_is(larder_text_t text, const char *other) {
  size_t len = strlen(other);
  return text.len == len && (len == 0 || memcmp(text.ptr, other, len) == 0);
}

/* ---- The request ---- */

struct larder_incoming {
  wasi_http_types_own_incoming_request_t request;
  wasi_http_types_method_t method;
  guest_string_t target;
  wasi_http_types_list_tuple2_field_name_field_value_t headers;
  buffer_t body;
  enum { UNREAD, WHOLE, BROKEN } read;
};

static larder_text_t method_name(const wasi_http_types_method_t *method) {
  static const char *const names[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                      "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return method->tag == WASI_HTTP_TYPES_METHOD_OTHER ? method->val.other
                                                     : larder_text(names[method->tag]);
}

static larder_request_t receive(struct larder_incoming *incoming,
                                wasi_http_types_own_incoming_request_t request) {
  memset(incoming, 0, sizeof *incoming);
  incoming->request = request;
  wasi_http_types_borrow_incoming_request_t borrowed =
      wasi_http_types_borrow_incoming_request(request);
  wasi_http_types_method_incoming_request_method(borrowed, &incoming->method);
  if (!wasi_http_types_method_incoming_request_path_with_query(borrowed, &incoming->target)) {
    memset(&incoming->target, 0, sizeof incoming->target);
  }
  wasi_http_types_own_headers_t headers = wasi_http_types_method_incoming_request_headers(borrowed);
  wasi_http_types_method_fields_entries(wasi_http_types_borrow_fields(headers),
                                        &incoming->headers);
  wasi_http_types_fields_drop_own(headers);

  size_t path = 0;
  while (path < incoming->target.len && incoming->target.ptr[path] != '?') path++;
  size_t query = path < incoming->target.len ? path + 1 : path;
  larder_request_t received = {
      .method = method_name(&incoming->method),
      .path = {incoming->target.ptr, path},
      .query = {incoming->target.ptr + query, incoming->target.len - query},
      .incoming = incoming,
  };
  return received;
}

static void finish_request(struct larder_incoming *incoming) {
  wasi_http_types_method_free(&incoming->method);
  guest_string_free(&incoming->target);
  wasi_http_types_list_tuple2_field_name_field_value_free(&incoming->headers);
  free(incoming->body.ptr);
  wasi_http_types_incoming_request_drop_own(incoming->request);
}

static int lower(int letter) {
  return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter;
}

static bool same_name(guest_string_t name, const char *other) {
  for (size_t i = 0; i < name.len; i++) {
    if (other[i] == '\0' || lower(name.ptr[i]) != lower((unsigned char)other[i])) return false;
  }
  return other[name.len] == '\0';
}

bool larder_request_header(const larder_request_t *request, const char *name,
                           larder_text_t *value) {
  const wasi_http_types_list_tuple2_field_name_field_value_t *headers = &request->incoming->headers;
  for (size_t i = 0; i < headers->len; i++) {
    if (same_name(headers->ptr[i].f0, name)) {
      value->ptr = headers->ptr[i].f1.ptr;
      value->len = headers->ptr[i].f1.len;
      return true;
    }
  }
  return false;
}

/* Reads on until the end; false when there is more than `max` or it is broken off. */
static bool read_stream(wasi_http_types_own_input_stream_t stream, size_t max, buffer_t *body) {
  wasi_io_streams_borrow_input_stream_t borrowed = wasi_io_streams_borrow_input_stream(stream);
  while (body->len <= max) {
    guest_list_u8_t piece;
    wasi_io_streams_stream_error_t error;
    if (!wasi_io_streams_method_input_stream_blocking_read(borrowed, 65536, &piece, &error)) {
      bool closed = error.tag == WASI_IO_STREAMS_STREAM_ERROR_CLOSED;
      wasi_io_streams_stream_error_free(&error);
      return closed;
    }
    append(body, piece);
    guest_list_u8_free(&piece);
  }
  return false;
}

static bool read_body(struct larder_incoming *incoming, size_t max) {
  wasi_http_types_own_incoming_body_t body;
  wasi_http_types_own_input_stream_t stream;
  wasi_http_types_borrow_incoming_request_t request =
      wasi_http_types_borrow_incoming_request(incoming->request);
  if (!wasi_http_types_method_incoming_request_consume(request, &body)) return false;
  bool whole = false;
  if (wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(body),
                                                  &stream)) {
    whole = read_stream(stream, max, &incoming->body);
    wasi_io_streams_input_stream_drop_own(stream);
  }
  wasi_http_types_incoming_body_drop_own(body);
  return whole;
}

bool larder_request_body(larder_request_t *request, size_t max, larder_bytes_t *body) {
  struct larder_incoming *incoming = request->incoming;
  if (incoming->read == UNREAD) incoming->read = read_body(incoming, max) ? WHOLE : BROKEN;
  if (incoming->read == BROKEN || incoming->body.len > max) return false;
  *body = larder_bytes(incoming->body.ptr, incoming->body.len);
  return true;
}

/* ---- The response ---- */

struct larder_outgoing {
  wasi_http_types_own_fields_t headers;
  buffer_t body;
};

bool larder_response_header(larder_response_t *response, const char *name, const char *value) {
  wasi_http_types_field_name_t field = larder_text(name);
  wasi_http_types_field_value_t content = {(uint8_t *)value, strlen(value)};
  wasi_http_types_header_error_t error;
  return wasi_http_types_method_fields_append(
      wasi_http_types_borrow_fields(response->outgoing->headers), &field, &content, &error);
}

void larder_append(larder_response_t *response, larder_bytes_t bytes) {
  append(&response->outgoing->body, bytes);
}

void larder_print(larder_response_t *response, const char *format, ...) {
  buffer_t *body = &response->outgoing->body;
  va_list arguments;
  va_start(arguments, format);
  int len = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (len <= 0) return;
  uint8_t *place = room(body, (size_t)len + 1);
  va_start(arguments, format);
  vsnprintf((char *)place, (size_t)len + 1, format, arguments);
  va_end(arguments);
  body->len += (size_t)len;
}

static void write_body(wasi_http_types_own_outgoing_body_t body, const buffer_t *content) {
  wasi_http_types_own_output_stream_t stream;
  wasi_io_streams_stream_error_t error;
  if (!wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body),
                                                  &stream)) {
    return;
  }
  /* The most that one call takes is 4096 bytes. */
  for (size_t at = 0; at < content->len; at += 4096) {
    size_t left = content->len - at;
    guest_list_u8_t piece = {content->ptr + at, left < 4096 ? left : 4096};
    if (!wasi_io_streams_method_output_stream_blocking_write_and_flush(
            wasi_io_streams_borrow_output_stream(stream), &piece, &error)) {
      /* The client is gone. */
      wasi_io_streams_stream_error_free(&error);
      break;
    }
  }
  wasi_io_streams_output_stream_drop_own(stream);
}

static void send(larder_response_t *response, wasi_http_types_own_response_outparam_t out) {
  struct larder_outgoing *outgoing = response->outgoing;
  bool has_body = response->status >= 200 && response->status != 204 && response->status != 304;
  if (has_body) {
    char length[24];
    snprintf(length, sizeof length, "%zu", outgoing->body.len);
    larder_response_header(response, "content-length", length);
  }
  wasi_http_types_result_own_outgoing_response_error_code_t result = {.is_err = false};
  result.val.ok = wasi_http_types_constructor_outgoing_response(outgoing->headers);
  wasi_http_types_borrow_outgoing_response_t borrowed =
      wasi_http_types_borrow_outgoing_response(result.val.ok);
  wasi_http_types_own_outgoing_body_t body;
  wasi_http_types_error_code_t error;
  /* A status that is none is the program's mistake, and a response has only one body. */
  if (!wasi_http_types_method_outgoing_response_set_status_code(borrowed, response->status) ||
      !wasi_http_types_method_outgoing_response_body(borrowed, &body)) {
    abort();
  }
  wasi_http_types_static_response_outparam_set(out, &result);
  if (has_body) write_body(body, &outgoing->body);
  if (!wasi_http_types_static_outgoing_body_finish(body, NULL, &error)) {
    wasi_http_types_error_code_free(&error);
  }
  free(outgoing->body.ptr);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
  struct larder_incoming incoming;
  struct larder_outgoing outgoing = {wasi_http_types_constructor_fields(), {NULL, 0, 0}};
  larder_request_t received = receive(&incoming, request);
  larder_response_t response = {200, &outgoing};
  larder_handle(&received, &response);
  finish_request(&incoming);
  send(&response, out);
  fflush(NULL);
}
