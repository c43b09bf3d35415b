"""Makes docs/rows.md from docs/rows.toml and from the marks of the tests.

A row is done when a test names it: `@pytest.mark.row("S6")` on a function, a class or a module
(`pytestmark`), or in the `marks` of a `pytest.param`.
"""

from __future__ import annotations

import ast
import functools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
HEAD = """# Rows: what must work, and the tests that show it

Made by `builders/make_docs.py` from `docs/rows.toml` and the tests; not written by hand. A row is
*done* when a test names it with `@pytest.mark.row("S6")` and passes, else it is *open*. S rows come
from the two source articles (what they say, not what is true), R rows from the history of
deconfliction, A rows are acceptance tests.
"""


_ROW = re.compile(r"\.\s*row\b")
"""Where these letters do not stand together no row is named."""


@dataclass(frozen=True)
class Mark:
    """One test that names rows; `skipped` if it never runs."""

    rows: tuple[str, ...]
    test: str
    line: int
    skipped: bool


def rows() -> list[dict[str, str]]:
    """Return the rows in their order: id, group, works_when and, where there is one, says."""
    return tomllib.loads((TOP / "docs" / "rows.toml").read_text("utf-8"))["row"]


def marks_in(source: str, name: str) -> list[Mark]:
    """Return the tests of one file that name rows.

    Raises:
        ValueError: a mark without rows, with a row that is not a plain string, or on no test.
    """
    if not _ROW.search(source):
        return []
    tree = ast.parse(source)
    found = list(_marks(tree, name, skipped=_skips(tree)))
    owned = sum(len(list(_row_calls(d))) for n in ast.walk(tree) for d in _marking(n))
    everywhere = len(list(_row_calls(tree)))
    if owned != everywhere:
        raise ValueError(f"{name}: a row mark stands where it marks no test")
    return found


@functools.cache
def all_marks() -> tuple[Mark, ...]:
    """Return the tests of the whole tree that name rows, by file and line."""
    return tuple(
        mark
        for path in sorted((TOP / "tests").rglob("*.py"))
        for mark in marks_in(path.read_text("utf-8"), path.relative_to(TOP).as_posix())
    )


def _marks(owner: ast.AST, name: str, *, skipped: bool) -> Iterator[Mark]:
    for node in ast.iter_child_nodes(owner):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign):
            continue
        never = skipped or _skips(node)
        test = f"{name}::{node.name}" if not isinstance(node, ast.Assign) else name
        calls = [c for d in _marking(node) for c in _row_calls(d)]
        if calls:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("test"):
                raise ValueError(f"{test}: carries a row mark and is no test")
            yield Mark(tuple(r for c in calls for r in _ids(c, test)), test, node.lineno, never)
        if isinstance(node, ast.ClassDef):
            yield from _marks(node, test, skipped=never)


def _marking(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.decorator_list
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    if isinstance(node, ast.Assign) and isinstance(target, ast.Name) and target.id == "pytestmark":
        return [node.value]
    return []


def _row_calls(node: ast.AST) -> Iterator[ast.Call]:
    for child in ast.walk(node):
        function = child.func if isinstance(child, ast.Call) else None
        if not (isinstance(function, ast.Attribute) and function.attr == "row"):
            continue
        if ast.unparse(function).endswith("mark.row"):
            yield child


def _ids(call: ast.Call, test: str) -> list[str]:
    ids = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if not ids or len(ids) != len(call.args):
        raise ValueError(f"{test}: a row mark names its rows as plain strings")
    return ids


def _skips(node: ast.AST) -> bool:
    """Whether what stands here never runs: marked skip or xfail, or its body begins by skipping."""
    never = ("pytest.mark.skip", "pytest.mark.xfail")
    if any(ast.unparse(d).split("(")[0] in never for d in _marking(node)):
        return True
    body = getattr(node, "body", [])
    return any(
        isinstance(s, ast.Expr)
        and isinstance(s.value, ast.Call)
        and ast.unparse(s.value.func) in ("pytest.skip", "pytest.xfail")
        for s in body
    )


def pages() -> dict[str, str]:
    """Return docs/rows.md."""
    tests: dict[str, list[str]] = {}
    for mark in all_marks():
        for row in mark.rows:
            if mark.test not in tests.setdefault(row, []):
                tests[row].append(mark.test)
    known = rows()
    done = [r["id"] for r in known if r["id"] in tests]
    text = [HEAD, f"{len(done)} of {len(known)} rows are done.\n"]
    group = ""
    for row in known:
        if row["group"] != group:
            group = row["group"]
            text.append(f"\n## {group}\n\n| row | works when | state | tests |\n|---|---|---|---|")
        says = f"*{row['says']}*<br>" if "says" in row else ""
        state = "done" if row["id"] in tests else "open"
        shown = "<br>".join(f"`{t}`" for t in tests.get(row["id"], []))
        works = (says + row["works_when"]).replace("|", "\\|")
        text.append(f"| {row['id']} | {works} | {state} | {shown} |")
    return {"docs/rows.md": "\n".join(text) + "\n"}
