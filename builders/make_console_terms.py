"""Makes web/src/terms/: the norms and the fixed phrases as the console has them.

The console writes no state word, clock or phrase by hand: what NORMS and the phrases say is one
data file each, and this is its copy for a browser.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from parley.world.norms import allowed_answers, norms
from parley.world.phrases import phrases

NORMS_HEAD = """// Made by builders/make_docs.py from norms.toml; not written by hand.
import type { MessageTypeNorms, NormsTable } from "./kinds";

"""
PHRASES_HEAD = """// Made by builders/make_docs.py from phrases.toml; not written by hand.
import type { PhrasesTable } from "./kinds";

"""


def pages() -> dict[str, str]:
    """Return the TypeScript files by their paths."""
    table: dict[str, Any] = msgspec.to_builtins(norms())
    types = {
        each.name: {**msgspec.to_builtins(each), "answers": list(allowed_answers(each))}
        for each in norms().types
    }
    rest = {name: value for name, value in table.items() if name not in ("types", "type")}
    texts = msgspec.to_builtins(phrases())
    return {
        "web/src/terms/norms.ts": NORMS_HEAD
        + _declared("NORMS: NormsTable", rest)
        + _declared("MESSAGE_TYPES: Record<string, MessageTypeNorms>", types),
        "web/src/terms/phrases.ts": PHRASES_HEAD + _declared("PHRASES: PhrasesTable", texts),
    }


def _declared(name: str, value: object) -> str:
    return f"export const {name} = {json.dumps(value, ensure_ascii=False, indent=2)};\n"
