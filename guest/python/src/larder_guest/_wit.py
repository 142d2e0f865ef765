"""The bindings that componentize-py makes of the contract.

They exist inside a component only. Elsewhere, in an editor or in a test of code that touches no
namespace, the package imports all the same, and the first call to a namespace says what is missing.
"""

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from componentize_py_types import Err
    from wit_world.imports import larder_kv_store as store
else:
    try:
        from componentize_py_types import Err
        from wit_world.imports import larder_kv_store as store
    except ModuleNotFoundError:

        class Err(Exception):
            """Stands in for the bindings' own; nothing raises it."""

        class _Outside:
            def __getattr__(self, name: str) -> NoReturn:
                raise RuntimeError("a namespace can be reached inside a component only")

        store = _Outside()

__all__ = ["Err", "check_running", "store"]

#: Whether the component is being built, when there is no host to answer.
building = False


def check_running() -> None:
    """The bindings would end the build without a word."""
    if building:
        raise RuntimeError(
            "a namespace cannot be reached while the component is built, which is when modules are "
            "imported: do it in a function"
        )
