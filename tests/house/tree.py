"""The tree as the house tests see it: its tracked files, its rooms and their source files."""

from __future__ import annotations

import ast
import functools
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SRC = TOP / "src" / "parley"
ROOMS = ("world", "detect", "trust", "node", "wire", "store", "review", "app")


def source_files(*rooms: str) -> list[Path]:
    """Return the Python files of the package, or of some of its rooms."""
    folders = [SRC / r for r in rooms] if rooms else [SRC]
    return sorted(p for folder in folders for p in folder.rglob("*.py"))


def own_files() -> list[Path]:
    """Return the files that are tracked or would be: all that git does not ignore.

    An unpacked archive, or a machine without git, has only its own files: all but made folders.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if (TOP / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(command, cwd=TOP, capture_output=True, check=True, text=True).stdout
        paths = [TOP / name for name in set(listed.split("\0")) if name]
    else:
        made = {*(TOP / ".gitignore").read_text("utf-8").replace("/", "").split(), ".git"}
        paths = [p for p in TOP.rglob("*") if not made & set(p.relative_to(TOP).parts)]
    return sorted(p for p in paths if p.is_file())


@functools.lru_cache(maxsize=1024)
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """Return what `ast.walk` yields of a source, in a third of its time, read once for all rules.

    `conftest.py` forgets it after each file of tests: so many objects would slow what comes after.
    """
    nodes: list[ast.AST] = [ast.parse(source)]
    for node in nodes:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                nodes += [each for each in value if isinstance(each, ast.AST)]
            elif isinstance(value, ast.AST):
                nodes.append(value)
    return tuple(nodes)


def findings(paths: Iterable[Path], check: Callable[[str], list[str]]) -> list[str]:
    """Return what `check` finds in each file, with the file's name in front."""
    return [
        f"{path.relative_to(TOP)}:{found}"
        for path in paths
        for found in check(path.read_text("utf-8"))
    ]


def refuse(found: Iterable[str]) -> None:
    """Fail the test with one finding a line, if there is any."""
    lines = list(found)
    assert not lines, "\n" + "\n".join(lines)
