"""The part of the page that shows agreements: what is in force for us, who signed, who stands by.

Plain HTML. What peers wrote is escaped by the makers of tags.
"""

from __future__ import annotations

from collections.abc import Sequence

from parley.app.agreement_views import (
    AgreementShown,
    VersionShown,
    fight_line,
    party_line,
    signature_line,
)
from parley.app.page_html import Html, instant, said, tag

VERSIONS_MAX = 4
PROPOSALS_MAX = 8
"""Texts that count, and proposals beside them, shown of one agreement; the API has more."""
_COUNT = ("in force", "to come", "superseded")


def agreements_part(shown: Sequence[AgreementShown]) -> Html:
    """Return the section of agreements, what contradicts first."""
    fights = {fight_line(fight): None for each in shown for fight in each.contradictions}
    return tag(
        "section",
        tag("h2", "Agreements"),
        [tag("p", tag("strong", said(line))) for line in fights],
        [_agreement(each) for each in shown],
        id="agreements",
    )


def _agreement(each: AgreementShown) -> Html:
    until = ["until ", instant(each.until_us)] if each.until_us is not None else "no end stated"
    loud = each.word if each.word == "in force" else tag("strong", each.word.upper())
    review = ["To be reviewed by ", instant(each.review_us), ". "] if each.review_us else ""
    return tag(
        "article",
        tag("h3", said(each.agreement), " version ", str(each.version)),
        tag("p", said(each.title)) if each.title else None,
        tag("p", loud, ", ", until, ": ", said(each.why), ". ", review, "Our file holds ",
            said(each.file), "."),
        tag("ul", [tag("li", said(party_line(party))) for party in each.parties]),
        _nobody(each),
        tag("p", f"Texts of {each.agreement} and what was proposed:", class_="quiet"),
        tag("ul", [_version(version) for version in _newest(each)]),
    )  # fmt: skip


def _newest(each: AgreementShown) -> list[VersionShown]:
    counting = [version for version in each.versions if version.word in _COUNT]
    others = [version for version in each.versions if version.word not in _COUNT]
    return counting[-VERSIONS_MAX:] + others[:PROPOSALS_MAX]


def _nobody(each: AgreementShown) -> Html | None:
    """Return the actors for whom nobody answers, and those whose standing is contested."""
    lines = [f"NOBODY ANSWERS for {name}" for name in each.unanswered]
    lines += [
        f"{actor.name} ({actor.standing}): contested by {', '.join(actor.contested_by)}"
        for actor in each.actors
        if actor.contested_by
    ]
    return tag("ul", [tag("li", tag("strong", said(line))) for line in lines]) if lines else None


def _version(each: VersionShown) -> Html:
    """Return one text: what became of it, from when to when, who signed, where it stands."""
    quiet = each.word in _COUNT
    word = said(each.word) if quiet and not each.why else tag("strong", said(each.word))
    meant = " from " if quiet else ", meant to hold from "
    to = [" to ", instant(each.to_us)] if each.to_us is not None else ""
    why = [": ", said(each.why)] if each.why else ""
    short = tag("strong", " SHORT NOTICE") if each.short_notice else ""
    by = [", proposed by ", said(each.proposed_by)] if each.proposed_by else ""
    lines: list[object] = [said(signature_line(one)) for one in each.signed]
    if not lines:
        lines = [said(f"adopted by {', '.join(each.agreed_by)}")]
    if each.reason:
        lines.append(["reason: ", said(each.reason)])
    if each.proposal is not None:
        lines.append(tag("code", said(f"{each.proposal[0]} {each.proposal[1]}")))
    return tag(
        "li",
        f"version {each.version} ({each.sha256[:16]}): ", word, meant, instant(each.from_us), to,
        by, short, why,
        tag("ul", [tag("li", line) for line in lines]),
    )  # fmt: skip
