"""Makes the pages of docs/ that come from code: rows, norms, command line, the intent's states.

`python builders/make_docs.py` writes those that changed; with `--check` it only names them and ends
with 1. A house test holds each page to its builder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[:0] = [str(TOP), str(TOP / "src")]

from builders import (  # noqa: E402  the script's own folder comes first
    make_cli_docs,
    make_console_terms,
    make_console_types,
    make_intent_diagram,
    make_norms_page,
    make_phrases_page,
    make_rooms_page,
    make_rows,
)

BUILDERS: tuple[Callable[[], dict[str, str]], ...] = (
    make_rows.pages,
    make_norms_page.pages,
    make_phrases_page.pages,
    make_rooms_page.pages,
    make_intent_diagram.pages,
    make_cli_docs.pages,
    make_console_types.pages,
    make_console_terms.pages,
)


def stale(builder: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Return the pages of a builder that are not as it makes them now."""
    return {
        name: text
        for name, text in builder().items()
        if not (TOP / name).is_file() or (TOP / name).read_text("utf-8") != text
    }


def main() -> int:
    """Write what changed, or with `--check` name it; return the exit code."""
    check = "--check" in sys.argv[1:]
    found = 0
    for builder in BUILDERS:
        for name, text in stale(builder).items():
            found += 1
            if not check:
                (TOP / name).write_text(text, "utf-8")
            print(f"{name} is {'stale: run builders/make_docs.py' if check else 'made'}")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
