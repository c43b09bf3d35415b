"""In which language this node's people read, and a message's words for them.

Only fixed phrases are in the reader's language; labels of page and command line are English. What
was written stays as it was written.
"""

from __future__ import annotations

from parley.app.message_views import MessageView
from parley.node.rules.threads import Translation
from parley.node.state import State
from parley.world.message_words import Maker, MessageWords, Translated, message_words
from parley.world.phrases import Reader, reader_language


def own_reader(state: State, configured: str = "", asked: str = "") -> Reader:
    """Return in which language this node's people read.

    Args:
        state: the mind; the party's own languages stand in its agreements, the first one first.
        configured: `language` of node.toml.
        asked: for this once; one without phrases reads English, and that is said.
    """
    if asked.strip():
        return reader_language(asked)
    agreements = [each for _, each in sorted(state.agreements.items())]
    own = [code for each in agreements for code in each.party(state.party).languages]
    return reader_language(configured, *own)


def words_for(view: MessageView, reader: Reader) -> MessageWords | None:
    """Return a message's words for a reader; None where its words are not on show here."""
    if view.reading in ("guarded", "sealed", "destroyed"):
        return None
    return message_words(
        view.message_type,
        view.fields,
        reader,
        message_class=view.message_class,
        subject=view.subject,
        text=view.text,
        text_language=view.language,
        translations=[_translated(each) for each in view.translations],
    )


def _translated(each: Translation) -> Translated:
    how: Maker = "machine" if each.how == "machine" else "person"
    by = f"{each.post} of {each.party}"
    return Translated(language=each.language, text=each.text, how=how, by=by)
