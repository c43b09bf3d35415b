"""Makes docs/cli.md: the help of every command, as the program prints it."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import typer
import typer.testing

HEAD = """# The command line

Made by `builders/make_docs.py` from the program's own help; not written by hand. Results go to
stdout, talk to stderr; `-` is stdin; exit 0 is fine, 1 means the answer is no, 2 is bad usage or
bad input, told in one line.
"""
WIDTH = 96


def program() -> typer.Typer:
    """Return the Typer program of `parley.app.cli.main`, whatever it is called there."""
    module: ModuleType = importlib.import_module("parley.app.cli.main")
    found = [v for v in vars(module).values() if isinstance(v, typer.Typer)]
    if not found:
        raise ValueError("parley.app.cli.main holds no typer.Typer")
    return max(found, key=lambda app: len(app.registered_commands) + len(app.registered_groups))


def commands(app: typer.Typer) -> list[tuple[str, ...]]:
    """Return the path of each command that is shown, the program itself first: (), ("demo",) ..."""
    return list(_walk(typer.main.get_command(app), ()))


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            yield from _walk(child, (*path, name))


def is_group(app: typer.Typer, path: tuple[str, ...]) -> bool:
    """Whether the command only holds others."""
    command: Any = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]
    return bool(getattr(command, "commands", {}))


def help_of(app: typer.Typer, path: tuple[str, ...]) -> str:
    """Return the help of one command as plain text of a stated width."""
    rich_utils = importlib.import_module("typer.rich_utils")
    plain = {"COLUMNS": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb"}
    before = rich_utils.MAX_WIDTH, rich_utils.FORCE_TERMINAL, dict(os.environ)
    rich_utils.MAX_WIDTH, rich_utils.FORCE_TERMINAL = WIDTH, False
    try:
        done = typer.testing.CliRunner().invoke(
            app, [*path, "--help"], env=plain, prog_name="parley", terminal_width=WIDTH
        )
    finally:
        rich_utils.MAX_WIDTH, rich_utils.FORCE_TERMINAL = before[:2]
    if done.exit_code != 0:
        raise ValueError(f"parley {' '.join(path)} --help exits {done.exit_code}: {done.output}")
    return "\n".join(line.rstrip() for line in done.output.strip("\n").splitlines())


def pages() -> dict[str, str]:
    """Return docs/cli.md."""
    app = program()
    parts = [HEAD]
    for path in commands(app):
        title = " ".join(("parley", *path))
        parts.append(f"## `{title}`\n\n```text\n{help_of(app, path)}\n```\n")
    return {"docs/cli.md": "\n".join(parts)}
