"""What stands in for the bindings outside of a component: the same functions, resources and errors,
each call a request to the store that listens at `LARDER_SOCKET`.

So the code of a guest runs in ordinary tests, against the real semantics. Nothing here is brought
into a component.
"""

from . import store
from .clock import seconds
from .records import Err

__all__ = ["Err", "seconds", "store"]
