"""What another party knew, worded for whoever reads it here: "us" stays the reader's own party.

Only the point of view of the words changes; what was known is left as it is. Rules: nothing of the
past can be answered, and no post of another party is offered as one of ours.
"""

from __future__ import annotations

import msgspec

from parley.app.alert_views import AlertView
from parley.app.console_screen import AgreementBrief, LineBrief, ScreenView, own_posts
from parley.app.message_views import MessageView
from parley.node.state import State

_replace = msgspec.structs.replace
_STILL_OWED = ("waiting", "unanswered")


def read_by(view: ScreenView, own: str, state: State) -> ScreenView:
    """Return a past screen as a party reads it, whoever's knowledge it is.

    Args:
        view: made from a mind of the past.
        own: the party that reads.
        state: of that mind.
    """
    alerts = _replace(view.alerts, alerts=tuple(_alert(each, own) for each in view.alerts.alerts))
    return _replace(
        view,
        party=own,
        messages=tuple(_message(each, own) for each in view.messages),
        alerts=alerts,
        agreements=tuple(_brief(each, own, state) for each in view.agreements),
    )


def _message(view: MessageView, own: str) -> MessageView:
    owed = any(step.party == own and step.outcome in _STILL_OWED for step in view.ladder)
    return _replace(view, awaits_us=view.open and owed, may_answer=())


def _alert(view: AlertView, own: str) -> AlertView:
    return _replace(view, own=view.raised_by == own)


def _brief(brief: AgreementBrief, own: str, state: State) -> AgreementBrief:
    def line_of(line: LineBrief) -> LineBrief:
        agreement = state.agreements[brief.agreement]
        return _replace(line, own_posts=own_posts(own, agreement, line.line))

    return _replace(brief, lines=tuple(line_of(line) for line in brief.lines))
