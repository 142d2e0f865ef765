"""The bindings that componentize-py makes of the contract, and what stands in for them outside of a
component."""

import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from time import time as now

    from componentize_py_types import Err
    from wit_world.imports import larder_kv_store as store
elif sys.platform == "wasi":
    from time import time as now

    from componentize_py_types import Err

    try:
        from wit_world.imports import larder_kv_store as store
    except ModuleNotFoundError:

        class _NotImported:
            def __getattr__(self, name: str) -> NoReturn:
                raise RuntimeError("the component's world does not import larder:kv/store")

        store = _NotImported()
else:
    from ._native import Err, store
    from ._native import seconds as now

__all__ = ["Err", "check_running", "now", "store"]

#: Whether the component is being built, when there is no host to answer.
building = False


def check_running() -> None:
    """The bindings would end the build without a word."""
    if building:
        raise RuntimeError(
            "a namespace cannot be reached while the component is built, which is when modules are "
            "imported: do it in a function"
        )
