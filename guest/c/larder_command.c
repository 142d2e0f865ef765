/* The export of the world `command`: an ordinary `main`. */
#include <stdio.h>

#include "guest.h"

/* libc's: gets the arguments from the host and calls `main`. */
int __main_void(void);

bool exports_wasi_cli_run_run(void) {
  int status = __main_void();
  return fflush(NULL) == 0 && status == 0;
}
