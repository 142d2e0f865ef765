"""The proxy guest in Python as a program of this machine: each line of JSON is a call, and each line
that it prints an answer. `tests/guests/src/proxies.rs` says how they are written."""

import json
import os
import sys
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from larder_guest import _native


#: The lists of bytes that came with a call, and those that go with its answer.
GIVEN: list[bytes] = []
ANSWERED: list[bytes] = []


def bind() -> None:
    """Has the guest find what it imports in a component."""
    exports = types.SimpleNamespace(Operations=object)
    world = types.ModuleType("wit_world")
    imports = types.ModuleType("wit_world.imports")
    types_module: Any = types.ModuleType("componentize_py_types")
    types_module.Err = _native.Err
    vars(imports).update(larder_kv_store=_native.store)
    vars(world).update(exports=exports, imports=imports)
    for module in (world, imports, types_module):
        sys.modules[module.__name__] = module


def is_record(kind: Any) -> bool:
    """Whether it is a record or a case of a variant; mypy is to know no more."""
    return is_dataclass(kind)


def read(kind: Any, written: Any) -> Any:
    """A value of that type."""
    if get_origin(kind) in (Union, types.UnionType):
        return read_case(get_args(kind), written)
    if get_origin(kind) is list:
        return [read(get_args(kind)[0], part) for part in written]
    if is_record(kind):
        hints = get_type_hints(kind)
        return kind(**{name: read(hints[name], part) for name, part in written.items()})
    return GIVEN.pop(0) if kind is bytes else written


def read_case(cases: tuple[Any, ...], written: Any) -> Any:
    if written is None:
        return None
    if not is_record(cases[0]) or "_" not in cases[0].__name__:
        return read(cases[0], written)
    name, value = next(iter(written.items())) if isinstance(written, dict) else (written, None)
    case = next(case for case in cases if getattr(case, "__name__", "").endswith(f"_{name}"))
    hints = get_type_hints(case)
    return case(*(read(hint, value) for hint in hints.values()))


def write(value: Any) -> Any:
    """A value as JSON."""
    match value:
        case bytes():
            ANSWERED.append(value)
            return []
        case list():
            return [write(part) for part in value]
        case Enum():
            return value.name.title()
    if not is_record(value):
        return value
    parts = {field.name: write(getattr(value, field.name)) for field in fields(value)}
    _, variant, case = type(value).__name__.rpartition("_")
    if not variant:
        return parts
    return {case: parts["value"]} if parts else case


def answer(operation: Callable[..., Any], arguments: list[Any], fallible: bool) -> Any:
    hints = get_type_hints(operation)
    hints.pop("return")
    try:
        answered = operation(*map(read, hints.values(), arguments))
    except _native.Err as error:
        return {"Err": write(error.value)}
    return {"Ok": write(answered)} if fallible else write(answered)


def main() -> None:
    bind()
    import proxy

    operations = proxy.Operations()
    infallible = {"bindings", "info", "drop_reader", "drop_writer"}
    for line in sys.stdin.buffer:
        name, arguments, lengths = json.loads(line)
        GIVEN[:] = [sys.stdin.buffer.read(length) for length in lengths]
        ANSWERED.clear()
        if name == "store":
            [os.environ["LARDER_SOCKET"]] = arguments
            said = None
        else:
            said = answer(getattr(operations, name), arguments, name not in infallible)
        line = json.dumps([said, [len(part) for part in ANSWERED]]).encode()
        sys.stdout.buffer.write(b"".join([line, b"\n", *ANSWERED]))
        sys.stdout.buffer.flush()


main()
