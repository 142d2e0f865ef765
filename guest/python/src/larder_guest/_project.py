"""Brings the project's modules into the component while it is built."""

import linecache
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from types import CodeType
from typing import Any

#: The project's directory, as the build sees it.
_root = ""


def install(root: str) -> None:
    """Has the modules below `root` told in tracebacks by their path from there, with their lines.

    At run time there are no files, from which Python would read them.
    """
    global _root
    _root = root.rstrip("/") + "/"
    finder = FileFinder.path_hook((_Loader, SOURCE_SUFFIXES))

    def hook(path: str) -> Any:
        if not f"{path}/".startswith(_root):
            raise ImportError(path)
        return finder(path)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()


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
