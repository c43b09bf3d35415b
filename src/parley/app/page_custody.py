"""The page's part about the record itself: forks, clocks, people, keys, holds, consents, notices.

Rules: a fork stands above everything else; what cannot be undone asks for a tick of its own, and
says so; a person's key is never asked for here, a signature is made where the person's file is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parley.app.custody_views import (
    ConsentView,
    DisputeView,
    ForkView,
    HoldView,
    KeyView,
    OperatorView,
)
from parley.app.message_views import MessageView
from parley.app.page_forms import (
    Form,
    choice_field,
    hidden,
    index_of,
    input_field,
    post_choice,
    post_form,
)
from parley.app.page_html import Html, instant, said, seconds, table, tag
from parley.app.page_parts import anchor, clock_text, section
from parley.app.views import PeerView
from parley.node.inputs import (
    Act,
    DestroyPayload,
    DistrustKey,
    GiveConsent,
    LiftHold,
    OpenPayload,
    SetHold,
    WithdrawConsent,
)
from parley.world.agreement import Agreement
from parley.world.faults import InputFault

RECALL = "Copies that others hold cannot be recalled."
_HOUR_US = 3600 * 1_000_000


# ---- what must be seen first --------------------------------------------------------------------


def warnings_part(
    forks: tuple[ForkView, ...],
    disputes: tuple[DisputeView, ...],
    peers: tuple[PeerView, ...],
    own_keys: tuple[KeyView, ...] = (),
) -> Html | None:
    """Return forks, what we lost, clocks that alarm, keys that count no more; None for nothing."""
    rows = [_fork(each) if each.proven else _said_fork(each) for each in forks]
    rows += [_dispute(each) for each in disputes]
    rows += [
        tag("li", tag("strong", f"OUR {each.role} KEY counts no more: "), said(each.why),
            ". What it signs is not taken there.")
        for each in own_keys
    ]  # fmt: skip
    rows += [_lost(each) for each in peers if each.claims_more_of]
    for peer in peers:
        if peer.clock is not None and peer.clock.alarm:
            rows.append(
                tag("li", tag("strong", f"CLOCK of {peer.party}: "), clock_text(peer.clock),
                    ". Times that it claims are to be read with that in mind.")
            )  # fmt: skip
        rows += [
            tag("li", tag("strong", f"KEY of {peer.party} counts no more: "),
                f"{key.role}, ", said(key.why))
            for key in peer.keys_refused
        ]  # fmt: skip
    if not rows:
        return None
    return tag(
        "section",
        tag("h2", "Look at this first", id="warnings-title"),
        tag("ul", rows),
        id="warnings",
        class_="fault",
        role="alert",
        aria_labelledby="warnings-title",
    )


def _fork(fork: ForkView) -> Html:
    return tag(
        "li",
        tag("strong", f"FORK: {fork.party} signed two histories of one log. ", class_="alarm"),
        tag("code", fork.origin),
        ", found by ",
        fork.found_by,
        " ",
        instant(fork.at_us),
        ": ",
        said(fork.why),
        ". The two signed heads stand in entry ",
        tag("code", f"{fork.key[0]} {fork.key[1]}"),
        "; anyone can check them.",
    )


def _said_fork(fork: ForkView) -> Html:
    return tag(
        "li",
        tag("strong", f"{fork.found_by} says that {fork.party} signed two histories, "),
        "and what it gives does not prove it here: entry ",
        tag("code", f"{fork.key[0]} {fork.key[1]}"),
        ", ",
        instant(fork.at_us),
        ". It accuses nobody.",
    )


def _lost(peer: PeerView) -> Html:
    """Return that a peer holds more of our own log than this node: its messages are not shown."""
    return tag(
        "li",
        tag("strong", f"{peer.party} says that it holds entries of ours that this node lost: "),
        tag("code", peer.claims_more_of),
        f". What was said there is not shown here. Ask {peer.party} for its export.",
    )


def _dispute(dispute: DisputeView) -> Html:
    return tag(
        "li",
        tag("strong", "HEAD disputed: "),
        f"{dispute.says} says that it saw another head of size {dispute.size} of ",
        tag("code", dispute.origin),
        f" than {dispute.told_by} holds, ",
        instant(dispute.at_us),
        ". One of them is wrong, or the log was forked; who has other entries has the proof.",
    )


# ---- people, keys, holds, consents --------------------------------------------------------------


def custody_part(
    operators: tuple[OperatorView, ...],
    keys: tuple[KeyView, ...],
    holds: tuple[HoldView, ...],
    consents: tuple[ConsentView, ...],
    form: Html | None,
) -> Html:
    """Return who may sign, which keys count, what is held and who has consent; `form` acts."""
    return section(
        "custody",
        "People, keys, holds, consents",
        _holds(holds),
        _consents(consents),
        _operators(operators),
        _keys(keys),
        form,
    )


def _holds(holds: tuple[HoldView, ...]) -> Html:
    if not holds:
        return tag("p", "No legal hold stands: guarded notices are destroyed when they expire.")
    rows = [
        [said(h.hold), h.party, [instant(h.set_us), " by ", said(h.post)], said(h.reason)]
        for h in holds
    ]
    return table("Legal holds: nothing is destroyed", ("Hold", "Party", "Set", "Why"), rows)


def _consents(consents: tuple[ConsentView, ...]) -> Html:
    if not consents:
        return tag("p", "No consent was given: no humanitarian notice goes to anybody.")
    rows = [
        [
            f"{c.party} to {c.addressee}",
            "stands" if c.stands else tag("strong", f"does not stand: {c.why}"),
            [instant(c.given_us), " by ", said(c.post)],
            instant(c.until_us, missing="it is withdrawn"),
            said(c.scope) if c.scope else "not said",
        ]
        for c in consents
    ]
    heads = ("Consent", "Now", "Given", "Until", "For")
    return table("Who may have humanitarian notices", heads, rows)


def _operators(operators: tuple[OperatorView, ...]) -> Html:
    if not operators:
        return tag("p", "Nobody is enrolled to sign in person; entries are signed by nodes only.")
    rows = [
        [
            said(o.operator),
            o.party,
            "may sign" if o.counts else tag("strong", f"may not sign: {o.why}"),
            said(", ".join(o.posts)),
            instant(o.until_us, missing="removal"),
        ]
        for o in operators
    ]
    return table("People, by pseudonym", ("Person", "Party", "Now", "Posts", "Until"), rows)


def _keys(keys: tuple[KeyView, ...]) -> Html:
    rows = [
        [
            f"{k.party} {k.role}",
            tag("strong", said(k.why)) if k.why else "counts",
            tag("code", k.key),
        ]
        for k in keys
    ]
    return table("Keys of the peers", ("Key", "Now", "Text"), rows) if rows else Html("")


# ---- the forms ----------------------------------------------------------------------------------


def custody_forms(
    agreements: Sequence[tuple[Agreement, tuple[str, ...]]],
    party: str,
    keys: tuple[KeyView, ...],
    holds: tuple[HoldView, ...],
    number: str,
) -> list[Html]:
    """Return the forms about consents, holds and keys, for each agreement with our posts in it."""
    found = []
    for place, (agreement, posts) in enumerate(agreements):
        others = [p.id for p in agreement.parties if p.id != party]
        ours = [h.hold for h in holds if h.party == party and h.agreement == agreement.id]
        theirs = [k for k in keys if k.party in others and not k.why]
        found += [
            _consent_form(agreement, posts, others, number, f"consent-{place}"),
            _hold_form(agreement, posts, number, f"hold-{place}"),
        ]
        found += [_lift_form(agreement, posts, ours, number, f"lift-{place}")] if ours else []
        found += [_distrust_form(agreement, posts, theirs, number, f"key-{place}")]
    return found


def _consent_form(
    agreement: Agreement, posts: tuple[str, ...], others: list[str], number: str, mark: str
) -> Html:
    return post_form(
        "consent",
        number,
        tag(
            "fieldset",
            tag("legend", f"Consent for humanitarian notices under {agreement.id}"),
            hidden("agreement", agreement.id),
            choice_field("To", "addressee", f"{mark}-to", {o: o for o in others}, ask=True),
            input_field("For", "scope", f"{mark}-scope", maxlength="400"),
            input_field("Valid for (h)", "valid_h", f"{mark}-valid", inputmode="decimal"),
            post_choice(posts, f"{mark}-post"),
            tag("p", f"Withdrawn consent sends nothing further. {RECALL}", class_="quiet"),
            tag("button", "Give consent", type="submit", name="what", value="give"),
            tag("button", "Withdraw consent", type="submit", name="what", value="withdraw"),
        ),
    )


def _hold_form(agreement: Agreement, posts: tuple[str, ...], number: str, mark: str) -> Html:
    return post_form(
        "hold",
        number,
        tag(
            "fieldset",
            tag("legend", f"Legal hold under {agreement.id}"),
            hidden("agreement", agreement.id),
            input_field("Name", "hold", f"{mark}-name", required=True),
            input_field("Why", "reason", f"{mark}-why", required=True, maxlength="4000"),
            post_choice(posts, f"{mark}-post"),
            tag("button", "Set the hold", type="submit"),
        ),
    )


def _lift_form(
    agreement: Agreement, posts: tuple[str, ...], ours: list[str], number: str, mark: str
) -> Html:
    return post_form(
        "lift",
        number,
        tag(
            "fieldset",
            tag("legend", f"Lift a hold under {agreement.id}"),
            hidden("agreement", agreement.id),
            choice_field("Hold", "hold", f"{mark}-name", {h: h for h in ours}, ask=True),
            input_field("Why", "reason", f"{mark}-why", required=True, maxlength="4000"),
            post_choice(posts, f"{mark}-post"),
            _sure(mark, "Lift it: what has expired meanwhile is destroyed at once"),
            tag("button", "Lift the hold", type="submit"),
        ),
    )


def _distrust_form(
    agreement: Agreement, posts: tuple[str, ...], keys: list[KeyView], number: str, mark: str
) -> Html:
    options = {f"{k.party}|{k.key}": f"{k.party} {k.role}, {_key_id(k)}" for k in keys}
    return post_form(
        "distrust",
        number,
        tag(
            "fieldset",
            tag("legend", "Distrust a key of a peer"),
            hidden("agreement", agreement.id),
            tag(
                "p",
                "At once, for every agreement, and not undone here: the peer needs another key. "
                "Without its link or log key nothing more comes from it.",
            ),
            choice_field("Key", "key", f"{mark}-key", options, ask=True),
            input_field("Why", "reason", f"{mark}-why", required=True, maxlength="4000"),
            post_choice(posts, f"{mark}-post"),
            _sure(mark, "I mean this key, and I know that the link may be dead after it"),
            tag("button", "Distrust the key", type="submit"),
        ),
    )


def _key_id(key: KeyView) -> str:
    """Return what tells a key from others of its job: its key id, or the start of its digest."""
    parts = key.key.split("+")
    return parts[1] if len(parts) == 3 else key.key[:8]


def _sure(mark: str, text: str) -> Html:
    box = tag("input", type="checkbox", id=f"{mark}-sure", name="sure", value="yes", required=True)
    return tag("p", box, tag("label", f" {text}", for_=f"{mark}-sure"))


def open_form(view: MessageView, posts: tuple[str, ...], number: str) -> Html:
    """Return the form that opens a guarded notice."""
    mark = f"{anchor(view.key)}-open"
    return post_form(
        "open",
        number,
        tag(
            "fieldset",
            tag("legend", "Open this notice"),
            hidden("log", view.key[0]),
            hidden("index", str(view.key[1])),
            input_field("What for", "purpose", f"{mark}-what", maxlength="400"),
            post_choice(posts, f"{mark}-post"),
            tag("button", "Open it; that is written down", type="submit"),
        ),
    )


def destroy_form(view: MessageView, posts: tuple[str, ...], number: str) -> Html:
    """Return the form that destroys our copy of a guarded notice."""
    mark = f"{anchor(view.key)}-destroy"
    return post_form(
        "destroy",
        number,
        tag(
            "fieldset",
            tag("legend", "Destroy our copy"),
            hidden("log", view.key[0]),
            hidden("index", str(view.key[1])),
            post_choice(posts, f"{mark}-post"),
            _sure(mark, f"Destroy it now. {RECALL}"),
            tag("button", "Destroy our copy", type="submit"),
        ),
    )


# ---- from a form to an act ----------------------------------------------------------------------


def _open_from(form: Form, now_us: int) -> Act:
    del now_us
    ref = (form.one("log"), index_of(form))
    return OpenPayload(ref=ref, post=form.one("post"), purpose=form.one("purpose"))


def _destroy_from(form: Form, now_us: int) -> Act:
    del now_us
    _require_sure(form, "destroy")
    return DestroyPayload(ref=(form.one("log"), index_of(form)), post=form.one("post"))


def _consent_from(form: Form, now_us: int) -> Act:
    agreement, post = form.one("agreement"), form.one("post")
    if form.one("what") == "withdraw":
        return WithdrawConsent(
            agreement=agreement,
            post=post,
            addressee=form.one("addressee"),
            reason=form.one("scope"),
        )
    hours = form.quantity_count("valid_h")
    if hours is not None and not hours > 0:
        raise InputFault("consent valid for", value=hours, wanted="more than 0 h")
    return GiveConsent(
        agreement=agreement,
        post=post,
        addressee=form.one("addressee"),
        scope=form.one("scope"),
        until_us=None if hours is None else now_us + round(hours * _HOUR_US),
    )


def _hold_from(form: Form, now_us: int) -> Act:
    del now_us
    return SetHold(
        agreement=form.one("agreement"),
        post=form.one("post"),
        hold=form.one("hold"),
        reason=form.one("reason"),
    )


def _lift_from(form: Form, now_us: int) -> Act:
    del now_us
    _require_sure(form, "lift")
    return LiftHold(
        agreement=form.one("agreement"),
        post=form.one("post"),
        hold=form.one("hold"),
        reason=form.one("reason"),
    )


def _distrust_from(form: Form, now_us: int) -> Act:
    del now_us
    _require_sure(form, "distrust")
    party, _, key = form.one("key").partition("|")
    return DistrustKey(
        agreement=form.one("agreement"),
        post=form.one("post"),
        party=party,
        key=key,
        reason=form.one("reason"),
    )


def _require_sure(form: Form, what: str) -> None:
    if form.one("sure") != "yes":
        wanted = "the tick that says you mean it"
        raise InputFault(what, value="not confirmed", wanted=wanted, repair="nothing has changed")


CUSTODY_MAKERS: dict[str, Callable[[Form, int], Act]] = {
    "open": _open_from,
    "destroy": _destroy_from,
    "consent": _consent_from,
    "hold": _hold_from,
    "lift": _lift_from,
    "distrust": _distrust_from,
}


def signed_facts(view: MessageView) -> list[object]:
    """Return who has signed a message in person, and who has not validly, with the reason."""
    parts: list[object] = [tag("strong" if view.signed == "double-signed" else "span", view.signed)]
    counting = [each for each in view.signatures if each.counts]
    for place, each in enumerate(counting):
        parts += [", " if place else " by ", said(each.operator), f" at {each.post}"]
    for each in view.signatures:
        if not each.counts:
            parts.append(
                tag("div", tag("strong", "does not count: ", class_="alarm"),
                    said(each.operator), ", ", said(each.why))
            )  # fmt: skip
    return parts


def opened_facts(view: MessageView, now_us: int) -> list[object]:
    """Return who of this party has opened a guarded notice."""
    return [
        tag("div", said(each.post), " ", instant(each.at_us), f" ({seconds(now_us - each.at_us)}"
            " ago)", [": ", said(each.purpose)] if each.purpose else "")
        for each in view.opened
    ]  # fmt: skip
