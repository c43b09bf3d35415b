"""Lists every file of the package in docs/rooms.md with the first line that it says of itself."""

from __future__ import annotations

import ast

from builders.made_part import TOP, with_made_part

PAGE = "docs/rooms.md"
BEGIN = "<!-- made by builders/make_docs.py from the first line of each file -->"
ROOMS = ("world", "detect", "trust", "node", "wire", "store", "review", "app")


def files() -> str:
    """Return one table per room: file, and the first line of its docstring."""
    parts = []
    for room in ROOMS:
        folder = TOP / "src" / "parley" / room
        paths = [p for p in sorted(folder.rglob("*.py")) if p.name != "__init__.py"]
        rows = [
            f"| `{path.relative_to(folder.parent)}` | {first_line(path.read_text('utf-8'))} |"
            for path in paths
        ]
        about = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
        head = f"### `{room}/`\n\n{about}\n\n"
        table = "| file | what lives there |\n|---|---|\n" + "\n".join(rows)
        parts.append(head + (table if rows else "Empty so far."))
    return "\n\n".join(parts)


def first_line(source: str) -> str:
    """Return the first line of a file's docstring, ready for a table."""
    text = ast.get_docstring(ast.parse(source)) or "(says nothing of itself)"
    return text.splitlines()[0].replace("|", "\\|")


def pages() -> dict[str, str]:
    """Return the page with its lists made new."""
    return with_made_part(PAGE, BEGIN, files())
