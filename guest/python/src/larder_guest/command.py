"""A function as a program on the command line.

`larder build` makes the component's own module of this for `main = "app:main"` and
`world = "command"`.
"""

import sys
import traceback
from collections.abc import Callable

from componentize_py_types import Err
from wit_world import exports

from ._instance import begin


def program(main: Callable[[], object]) -> type[exports.Run]:
    """The program that calls `main`. Its arguments are `sys.argv`, its exit code is what `main`
    returns or `sys.exit` says: 0 and `None` are success. An exception is 1, with its traceback on
    standard error."""

    class Run(exports.Run):
        def run(self) -> None:
            begin()
            code = _exit_code(main)
            sys.stdout.flush()
            sys.stderr.flush()
            if code:
                raise Err(None)

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
