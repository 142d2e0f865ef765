#include <larder_http.h>

void echo(larder_request_t *request, larder_response_t *response);
void headers(larder_request_t *request, larder_response_t *response);
