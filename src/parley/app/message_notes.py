"""What must be seen beside a message, in one line each: the same on the page and in a terminal.

Rules:
- Refused, unanswered and technical failure are three words and never one.
- What is over, one-sided, seen otherwise or late says so before anything else is read.
"""

from __future__ import annotations

from parley.app.message_views import Ladder, MessageView
from parley.node.rules.guard import PlaceCheck
from parley.node.rules.outcomes import Rung
from parley.world.time import format_second


def marks_of(view: MessageView) -> list[str]:
    """Return the loud words of a message beside its class: what it no longer is, whose view."""
    marks = ["CORRECTED"] if view.corrected_by is not None else []
    marks += ["CANCELLED"] if view.cancelled_by is not None else []
    marks += ["ONE-SIDED: NO DUTY FOR ANYBODY ELSE"] if view.one_sided else []
    marks += ["SEEN OTHERWISE THAN NOTICED"] if view.differs else []
    marks += ["LATE NOTICE"] if view.lead_text.startswith("late") else []
    return marks


def notes_of(view: MessageView) -> list[str]:
    """Return what is to be known of a message beside its words: over, places, tracks, lead time."""
    notes = [f"over: {view.over_text}"] if view.over_text else []
    notes += [f"about {view.about[0]} {view.about[1]}"] if view.about is not None else []
    notes += [_place(check) for check in view.places]
    notes += list(view.differs)
    notes += [f"notice {view.lead_text}"] if view.lead_text else []
    return notes


def _place(check: PlaceCheck) -> str:
    """Return how a named place lies to its coordinates."""
    if check.word == "unknown place" or check.apart_m is None:
        return f"place {check.place} against {check.field}: not compared, not a place known here"
    apart_km, within_km = check.apart_m / 1000, (check.within_m or 0.0) / 1000
    text = (
        f"place {check.place} {check.word.upper() if check.word != 'agrees' else check.word} with "
        f"{check.field}: {apart_km:.1f} km apart, limit {within_km:g} km"
    )
    if check.word == "undecided":
        text += f", the place is known to {(check.uncertainty_m or 0.0) / 1000:g} km"
    return text


def outcome_text(step: Ladder) -> str:
    """Return what became of a message with one addressee: one word, and why."""
    loud = step.outcome in ("refused", "unanswered", "technical failure")
    detail = step.outcome_text.removeprefix(step.outcome).strip()
    word = step.outcome.upper() if loud else step.outcome
    return f"{word}: {detail}" if detail else word


def ladder_lines(step: Ladder) -> list[str]:
    """Return who of an addressee was tried beyond the post itself, when, with what result."""
    tried = step.tried
    lines = ["voice at once: do not wait for the ladder"] if _voice(step) else []
    lines += [rung_text(rung) for rung in tried.rungs if rung.step >= 0 and rung.called_us]
    lines += list(step.undelivered)
    if tried.held_until_us is not None and step.answer is None:
        lines.append(f"ladder held by a standby until {format_second(tried.held_until_us)}")
    return lines


def _voice(step: Ladder) -> bool:
    return step.tried.voice_at_once and step.answer is None and step.over is None


def rung_text(rung: Rung) -> str:
    """Return one rung as a line: which post was called, when, with what result."""
    at = format_second(rung.called_us) if rung.called_us is not None else "not yet"
    detail = f" ({rung.detail})" if rung.detail else ""
    return f"{rung.post} called {at}: {rung.result}{detail}"
