"""The fixture `larder` for tests under `larder test`.

pytest finds this plugin where the package is installed; elsewhere a `conftest.py` names it:
`pytest_plugins = ["larder_guest.pytest_plugin"]`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from . import testing
from ._native.connection import socket_path


class Larder:
    """The store of a test: what `larder_guest.testing` has."""

    advance = staticmethod(testing.advance)
    now = staticmethod(testing.now)
    reset = staticmethod(testing.reset)
    set_time = staticmethod(testing.set_time)


@pytest.fixture
def larder() -> Iterator[Larder]:
    """A store that begins anew: with its seeds, and the time of its start. Tests that use it take
    turns, also those of several processes, such as the workers of pytest-xdist."""
    import fcntl

    directory = os.open(os.path.dirname(os.path.abspath(socket_path())), os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        testing.reset()
        yield Larder()
    finally:
        os.close(directory)
