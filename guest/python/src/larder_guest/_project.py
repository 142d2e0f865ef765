"""Brings the project's modules into the component while it is built.

Its code runs again and again, in instances that begin where the build ended and have no files, from
which Python would read what is not loaded.
"""

import linecache
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from modulefinder import ModuleFinder
from types import CodeType, ModuleType
from typing import Any

from . import _wit

#: What Python itself loads when it comes to need it, without an import that could be seen.
_HIDDEN = [
    "_strptime",
    "encodings.ascii",
    "encodings.cp1252",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.punycode",
    "encodings.utf_16",
    "encodings.utf_8_sig",
    "tokenize",
    "unicodedata",
]

#: What needs a terminal, processes or threads, of which a component has none. Only tools of
#: developers would bring it in, and much with it.
_USELESS = ["_pyrepl", "asyncio", "multiprocessing", "pdb", "subprocess", "unittest"]

#: Where the build has the standard library, whose functions would bring in half of it.
_STANDARD = "/python/"

#: The project's directory, as the build sees it.
_root = ""


def install(root: str) -> None:
    """Has the modules below `root` told in tracebacks by their path from there, with their lines."""
    global _root
    _wit.building = True
    _root = root.rstrip("/") + "/"
    finder = FileFinder.path_hook((_Loader, SOURCE_SUFFIXES))

    def hook(path: str) -> Any:
        if not f"{path}/".startswith(_root):
            raise ImportError(path)
        return finder(path)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()


def complete() -> None:
    """Loads what the functions of the project and its packages import when they are called."""
    for name in _HIDDEN:
        import_module(name)
    loaded = list(sys.modules.values())
    useless = [name for name in _USELESS if name not in sys.modules]
    # So Python takes a module for one that is not there.
    absent: Any = dict.fromkeys(useless)
    sys.modules.update(absent)
    for module in loaded:
        if (getattr(module, "__file__", None) or _STANDARD).startswith(_STANDARD):
            continue
        for name, parts, level in _imports_in_functions(module):
            try:
                __import__(name, vars(module), None, parts, level)
            except Exception:
                # Whatever it lacks, it may never be called; and if it is, it says so.
                continue
    for name in useless:
        del sys.modules[name]
    _wit.building = False


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        shown = path.removeprefix(_root)
        lines = source.decode(errors="replace").splitlines(keepends=True)
        # Without a time of change it is not looked for on disk.
        linecache.cache[shown] = (len(source), None, lines, shown)
        code: CodeType = self.source_to_code(source, shown)
        return code


def _imports_in_functions(module: ModuleType) -> Iterator[tuple[str, Any, int]]:
    spec = module.__spec__
    get_code = getattr(spec and spec.loader, "get_code", None)
    code = get_code(spec.name) if spec and get_code else None
    for function in _functions(code) if code else ():
        for kind, found in ModuleFinder().scan_opcodes(function):
            if kind == "absolute_import":
                parts, name = found
                yield name, parts, 0
            elif kind == "relative_import":
                level, parts, name = found
                yield name, parts, level


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _functions(constant)
