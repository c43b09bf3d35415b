"""Draws the states of an intent in docs/life-of-an-intent.md from the table that the code uses."""

from __future__ import annotations

from builders.made_part import with_made_part

from parley.world.intent import TRANSITIONS

PAGE = "docs/life-of-an-intent.md"
BEGIN = "<!-- made by builders/make_docs.py from parley.world.intent.TRANSITIONS -->"


def diagram() -> str:
    """Return the state diagram as Mermaid text, in the order of the table."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(TRANSITIONS)).value}"]
    order = list(TRANSITIONS)
    for old, followers in TRANSITIONS.items():
        lines += [f"    {old.value} --> {n.value}" for n in sorted(followers, key=order.index)]
        if not followers:
            lines.append(f"    {old.value} --> [*]")
    return "\n".join([*lines, "```"])


def pages() -> dict[str, str]:
    """Return the page with its diagram made new."""
    return with_made_part(PAGE, BEGIN, diagram())
