"""Messages that hang together: corrections, cancellations, translations, replies."""

from __future__ import annotations

from parley.node.entries import Draft
from parley.node.inputs import AddTranslation
from parley.node.state import State
from parley.world.faults import InputFault


def add_translation(state: State, act: AddTranslation) -> Draft:
    """Return the entry of a translation beside a message."""
    del state
    raise InputFault("translation", value=act.language, wanted="a release that has translations")
