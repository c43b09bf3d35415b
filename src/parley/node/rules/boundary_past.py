"""Which version of a boundary is in force at an instant, and for whom.

Rules:
- What is agreed changes only with the text of the agreement (`text_at`): no declaration of a party
  moves it. A party's own line is its own word, changes with its own declarations, and binds nobody
  else.
- A declaration holds from when it was written, or from its own window if that begins later; until
  then the one before holds. None holds before it was written, whatever it claims.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import cast

import msgspec

from parley.node.documents import record_of
from parley.node.entries import BoundaryDeclared, Entry
from parley.node.rules.agreement_status import text_at
from parley.node.rules.agreements import adopted_agreement
from parley.node.rules.zones import boundaries_of
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.world.boundary import Boundary, SideNamed, side_named
from parley.world.faults import Fault, InputFault, nearest
from parley.world.volume import in_window


class VersionAt(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a line: whose it is, since when it holds, where that stands.

    `binds`: whether it binds the party that was asked for. `text_sha256`: of the agreement's text;
    `declared`: the entry of a party's own one.
    """

    version: int
    name: str
    left: str
    right: str
    vertices: int
    uncertainty_m: float
    agreed_by: tuple[str, ...]
    asserted_by: tuple[str, ...]
    from_us: int | None
    to_us: int | None
    binds: bool
    sources: tuple[str, ...] = ()
    text_sha256: str = ""
    declared: Key | None = None


class BoundaryAt(msgspec.Struct, frozen=True, kw_only=True):
    """A line at an instant for a party: as agreed, as its own word, as others say; each apart."""

    boundary: str
    agreement: str
    party: str
    at_us: int
    agreed: VersionAt | None
    own: VersionAt | None
    others: tuple[VersionAt, ...]
    because: str
    side: SideNamed | None = None


def boundary_at(
    state: State, boundary: str, at_us: int, *, party: str, agreement: str = "", words: str = ""
) -> BoundaryAt:
    """Return the versions of a boundary that were in force at an instant.

    Args:
        state: the record.
        boundary: its id.
        at_us: the instant.
        party: for whom.
        agreement: under which agreement; "" where only one knows of it.
        words: for a side, "west of the river"; "" asks for none.

    Raises:
        InputFault: no such boundary, agreement or party, or several agreements with one.
    """
    scope = state.scope(_agreement(state, boundary, agreement))
    known = adopted_agreement(state, scope.agreement_id)
    if party not in {each.id for each in known.parties}:
        wanted = f"one of {', '.join(each.id for each in known.parties)}"
        raise InputFault("boundary for party", value=party, wanted=wanted)
    agreed, because = _agreed(state, scope, boundary, at_us, party)
    said = dict(_declared(scope, boundary, at_us, party))
    own = said.pop(party, None)
    lines = [each for each in (agreed[1] if agreed else None, own[1] if own else None) if each]
    side = side_named(lines[0], words) if words and lines else None
    return BoundaryAt(
        boundary=boundary,
        agreement=scope.agreement_id,
        party=party,
        at_us=at_us,
        agreed=agreed[0] if agreed else None,
        own=own[0] if own else None,
        others=tuple(version for _, (version, _) in sorted(said.items())),
        because=because,
        side=side,
    )


def _agreement(state: State, boundary: str, agreement: str) -> str:
    if agreement:
        return adopted_agreement(state, agreement).id
    names = {}
    for name in sorted(state.agreements):
        scope = state.scope(name)
        names[name] = {b.id for b in boundaries_of(state, scope).values()}
        names[name] |= {b.id for _, b in _readable(scope)}
    having = [name for name, known in names.items() if boundary in known]
    if len(having) != 1:
        every = sorted(set().union(*names.values()))
        close = nearest(boundary, every)
        wanted = f"one of {', '.join(every) or 'none'}"
        repair = f"name the agreement: {', '.join(having)}" if having else ""
        repair = repair or (f"did you mean {close!r}?" if close else "")
        raise InputFault("boundary", value=boundary, wanted=wanted, repair=repair)
    return having[0]


def _agreed(
    state: State, scope: Scope, boundary: str, at_us: int, party: str
) -> tuple[tuple[VersionAt, Boundary] | None, str]:
    view = text_at(state, scope.agreement_id, at_us, party)
    text = view.agreement
    found = next((b for b in text.boundaries if b.id == boundary), None) if text else None
    if found is None:
        return None, f"no text in force for {party} then has it ({view.word}: {view.why})"
    inside = in_window(found.from_us, found.to_us, at_us).nominal == "in"
    one_sided = bool(found.asserted_by) and party not in found.agreed_by
    binds = view.in_force and inside and not one_sided
    binds = binds and (not found.agreed_by or party in found.agreed_by)
    because = f"the text {view.sha256[:12]} is {view.word} for {party}: {view.why}"
    if not inside:
        because += "; outside of the line's own window"
    if one_sided:
        because += f"; asserted by {', '.join(found.asserted_by)}, not agreed"
    version = _version(found, binds=binds, text_sha256=view.sha256)
    return (version, found), because


def _declared(
    scope: Scope, boundary: str, at_us: int, party: str
) -> Iterator[tuple[str, tuple[VersionAt, Boundary]]]:
    """Yield each party's own version in force at an instant, one each."""
    for writer, (entry, line) in _in_force(scope, at_us).get(boundary, {}).items():
        own = msgspec.structs.replace(line, asserted_by=(writer,), agreed_by=())
        since_us = max(written_us(entry), line.from_us or 0)
        version = _version(own, binds=writer == party, declared=key_of(entry))
        yield writer, (msgspec.structs.replace(version, from_us=since_us), own)


def _readable(scope: Scope) -> list[tuple[Entry, Boundary]]:
    found = []
    for entry in sorted(scope.boundaries.values(), key=rank_of):
        line = _read(scope, entry)
        if line is not None:
            found.append((entry, line))
    return found


def _read(scope: Scope, entry: Entry) -> Boundary | None:
    """Return a declared line, read once; None where its writer declared what is none."""
    assert isinstance(entry.body, BoundaryDeclared)
    key = key_of(entry)
    if key not in scope.index.boundaries:
        try:
            scope.index.boundaries[key] = record_of(entry.body.boundary, Boundary)
        except Fault:
            scope.index.boundaries[key] = None
    return scope.index.boundaries[key]


def _in_force(scope: Scope, at_us: int) -> dict[str, dict[str, tuple[Entry, Boundary]]]:
    """Return, by line and party, the last declaration written by then whose window holds then."""
    found: dict[str, dict[str, tuple[Entry, Boundary]]] = {}
    for entry, line in _readable(scope):
        holds = in_window(line.from_us, line.to_us, at_us).nominal == "in"
        if written_us(entry) <= at_us and holds:
            found.setdefault(line.id, {})[entry.log.party] = (entry, line)
    return found


def _version(
    line: Boundary, *, binds: bool, text_sha256: str = "", declared: Key | None = None
) -> VersionAt:
    return VersionAt(
        version=line.version,
        name=line.name,
        left=line.left,
        right=line.right,
        vertices=len(line.vertices),
        uncertainty_m=line.uncertainty_m,
        agreed_by=line.agreed_by,
        asserted_by=line.asserted_by,
        from_us=line.from_us,
        to_us=line.to_us,
        binds=binds,
        sources=line.sources,
        text_sha256=text_sha256,
        declared=declared,
    )


def boundaries_now(state: State, scope: Scope, at_us: int) -> dict[str, Boundary]:
    """Return the boundaries to be watched at an instant, by name as `boundaries_of` gives them.

    One whose window has not begun or is over is none of them; a party's own declaration that begins
    later leaves its earlier one in force until then. The answer is shared: nobody may change it.
    """
    every = boundaries_of(state, scope)
    stamp = (len(scope.boundaries), state.agreement(scope.agreement_id))
    held = scope.index.views.get("boundary windows")
    if held is None or held[0] != stamp:
        held = (stamp, (_edges_us(scope, every), {}))
        scope.index.views["boundary windows"] = held
    edges_us, known = cast("tuple[list[int], dict[int, dict[str, Boundary]]]", held[1])
    if not edges_us:
        return every
    place = bisect.bisect_right(edges_us, at_us)
    if place not in known:
        # Reports come in order of time: what held between earlier edges is not asked for again.
        known.clear()
        known[place] = _windowed(state, scope, every, at_us)
    return known[place]


def _edges_us(scope: Scope, every: dict[str, Boundary]) -> list[int]:
    """Return the instants at which what is in force may change; none where no line has a window."""
    readable = _readable(scope)
    windows = [(b.from_us, b.to_us) for b in [*every.values(), *(b for _, b in readable)]]
    edges = {us for window in windows for us in window if us is not None}
    return sorted(edges | {written_us(entry) for entry, _ in readable}) if edges else []


def _windowed(
    state: State, scope: Scope, every: dict[str, Boundary], at_us: int
) -> dict[str, Boundary]:
    agreement = state.agreement(scope.agreement_id)
    texts = {b.id for b in agreement.boundaries} if agreement is not None else set()
    declared = _in_force(scope, at_us)
    found: dict[str, Boundary] = {}
    for name, line in every.items():
        if name in texts:
            if in_window(line.from_us, line.to_us, at_us).nominal == "in":
                found[name] = line
            continue
        writer = line.asserted_by[0]
        held = declared.get(line.id, {}).get(writer)
        if held is not None:
            own = msgspec.structs.replace(held[1], asserted_by=(writer,), agreed_by=())
            found[name] = own
    return found
