"""A function as a program on the command line.

`larder build` makes the component's own module of this for `main = "app:main"` and
`world = "command"`.
"""

import sys
import traceback
from collections.abc import Callable

from wit_world import exports
from wit_world.imports import wasi_cli_exit


def program(main: Callable[[], object]) -> type[exports.Run]:
    """The program that calls `main`. Its arguments are `sys.argv`, its exit code is what `main`
    returns or `sys.exit` says: a number, of which the last 8 bits count, or `None`, which is 0. Text
    is printed on standard error, and an exception its traceback; both are 1."""

    class Run(exports.Run):
        def run(self) -> None:
            code = _exit_code(main)
            sys.stdout.flush()
            sys.stderr.flush()
            if code:
                wasi_cli_exit.exit_with_code(code & 0xFF)

    return Run


def _exit_code(main: Callable[[], object]) -> int:
    try:
        said = main()
    except SystemExit as exit:
        said = exit.code
    except BaseException:
        traceback.print_exc()
        return 1
    if said is None:
        return 0
    if isinstance(said, int):
        return said
    print(said, file=sys.stderr)
    return 1
