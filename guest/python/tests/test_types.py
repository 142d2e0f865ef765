"""mypy, in its strictest, on the package, the example and the guests of the tests."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "guest/python/src"
INTERFACES = {
    "larder:kv/store@0.1.0": "larder_kv_store",
    "wasi:cli/exit@0.2.10": "wasi_cli_exit",
    "wasi:http/types@0.2.10": "wasi_http_types",
    "wasi:io/streams@0.2.10": "wasi_io_streams",
}


def bindings(place: Path, wit: str, *worlds: str) -> Path:
    """What componentize-py makes of worlds, with the names that `larder build` has it use."""
    command = [Path(sys.executable).with_name("componentize-py"), "--wit-path", ROOT / wit]
    for world in worlds:
        command += ["--world", world]
    for interface, name in INTERFACES.items():
        command += ["--import-interface-name", f"{interface}={name}"]
    subprocess.run([*command, "bindings", place], check=True)
    return place


def mypy(paths: Sequence[Path], files: Sequence[Path]) -> str:
    """What it finds fault with."""
    config = ROOT / "guest/python/pyproject.toml"
    path = ":".join(str(path) for path in paths)
    command = [sys.executable, "-m", "mypy", "--config-file", config, "--no-incremental", *files]
    return subprocess.run(command, env={"MYPYPATH": path}, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bindings(tmp_path_factory.mktemp("worlds"), "host/build/wit", "http", "command-python")


def test_package(worlds: Path) -> None:
    files = sorted((PACKAGE / "larder_guest").rglob("*.py"))
    said = mypy([worlds, PACKAGE], files)
    assert said.startswith("Success: "), said


def test_example(worlds: Path) -> None:
    example = ROOT / "examples/sessions-python"
    said = mypy([worlds, PACKAGE, example], sorted(example.glob("*.py")))
    assert said.startswith("Success: "), said


def test_tested_guest(worlds: Path) -> None:
    guest = ROOT / "tests/guests/tested-python"
    said = mypy([worlds, PACKAGE, guest], sorted(guest.glob("*.py")))
    assert said.startswith("Success: "), said


def test_guest_off_wasm(tmp_path: Path) -> None:
    guests = ROOT / "tests/guests"
    made = bindings(tmp_path, "tests/guests/wit", "proxy")
    program = guests / "proxy-python-off-wasm/program.py"
    said = mypy([made, PACKAGE, guests / "proxy-python"], [program])
    assert said.startswith("Success: "), said


def test_example_without_bindings() -> None:
    """As an editor has it: the package, whose types need no bindings."""
    example = ROOT / "examples/sessions-python"
    said = mypy([PACKAGE, example], sorted(example.glob("*.py")))
    assert "_wit.py" in said, "there are no bindings"
    assert "sessions-python" not in said, said


def test_proxy_guest(tmp_path: Path) -> None:
    proxy = ROOT / "tests/guests/proxy-python"
    made = bindings(tmp_path, "tests/guests/wit", "proxy")
    said = mypy([made, PACKAGE, proxy], sorted(proxy.glob("*.py")))
    assert said.startswith("Success: "), said


def test_faults_are_found(tmp_path: Path, worlds: Path) -> None:
    fault = tmp_path / "fault.py"
    fault.write_text(
        "from larder_guest import Namespace\n"
        "kv = Namespace('KV')\n"
        "kv.get(5)\n"
        "kv.put('k', 'v', tll=5)\n"
        "kv.put('k', 'v', if_absent=True).version\n"
        "kv.put('k', 'v').version + 1\n"
    )
    said = mypy([worlds, PACKAGE], [fault])
    assert [f"fault.py:{line}: error" in said for line in (3, 4, 5, 6)] == [True, True, True, False]
