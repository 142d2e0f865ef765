"""What stands in for the bindings has their shape."""

import dataclasses
import importlib
import inspect
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from larder_guest._native import store
from test_types import bindings


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The bindings that componentize-py makes."""
    monkeypatch.syspath_prepend(bindings(tmp_path / "made", "tests/guests/wit", "proxy"))
    return importlib.import_module("wit_world.imports.larder_kv_store")


def shape(of: Any) -> Any:
    if inspect.isfunction(of):
        return list(inspect.signature(of).parameters)
    if not inspect.isclass(of):
        return None
    if issubclass(of, Enum):
        return {case.name for case in of}
    if dataclasses.is_dataclass(of):
        return [field.name for field in dataclasses.fields(of)]
    methods = {name for name in dir(of) if not name.startswith("_")}
    return {name: list(inspect.signature(getattr(of, name)).parameters) for name in methods}


def test_what_stands_in_for_the_bindings_has_their_shape(made: ModuleType) -> None:
    own = {
        name: shape(value)
        for name, value in vars(made).items()
        if getattr(value, "__module__", None) == made.__name__
    }
    assert len(own) > 40
    assert {name: shape(getattr(store, name, None)) for name in own} == own


def test_a_resource_is_let_go_of_by_a_with(made: ModuleType) -> None:
    for name in ("Namespace", "Reader", "Writer"):
        for method in ("__enter__", "__exit__"):
            theirs, ours = (getattr(getattr(module, name), method) for module in (made, store))
            assert shape(theirs) == shape(ours)
