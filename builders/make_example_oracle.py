"""Write what must be said of the clauses of two examples, computed apart from Parley.

    .venv/bin/python builders/make_example_oracle.py [--check]

Geometry: pyproj and shapely, each track at every whole second in a projection of its own
neighbourhood. Duties about messages: the words of the documents in `examples/agreements`, applied
to the times in the scenario. Nothing of Parley is imported; the same input gives the same bytes.
`judged` is called by the tests with changed copies. What is too near a limit for samples of a
second raises `TooNear`: such a copy proves nothing.
"""

from __future__ import annotations

import calendar
import json
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
import yaml

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NAMES = ("india-pakistan-1991", "letter-of-agreement")
GEOD = pyproj.Geod(ellps="WGS84")
TYPES = {"landed": "landed.report", "report": "report.share", "urgent": "free.text"}
"""Words of the scenario that are not the type's own with another dot."""
ANSWERS = ("ack", "read_back", "refusal")
METRES = {"m": 1.0, "km": 1000.0, "NM": 1852.0, "ft": 0.3048}
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "days": 86_400.0, "day": 86_400.0}
Document = dict[str, Any]


class TooNear(Exception):  # noqa: N818  what is so, not whose fault it is
    """A value lies so near a limit that samples of a second do not decide it."""


# ---- what is written -----------------------------------------------------------------------------


def seconds(text: str) -> float:
    """Return an instant as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def amount(text: str, units: dict[str, float]) -> float:
    """Return a number with its unit in the base unit."""
    number, unit = text.split()
    return float(number) * units[unit]


def metres(text: str) -> float:
    """Return a length in metres."""
    return amount(text, METRES)


def duration(text: str) -> float:
    """Return a duration in seconds."""
    return amount(text, SECONDS)


def later(at_s: float, text: str) -> float:
    """Return the instant a report is due: days by their number, months by the calendar."""
    number, unit = text.split()
    start = datetime.fromtimestamp(at_s, UTC)
    if unit.startswith("month"):
        months = start.month - 1 + int(number)
        year, month = start.year + months // 12, months % 12 + 1
        day = min(start.day, calendar.monthrange(year, month)[1])
        return start.replace(year=year, month=month, day=day).timestamp()
    return (start + timedelta(seconds=duration(text))).timestamp()


def position(value: Any, places: dict[str, tuple[float, float]]) -> tuple[float, float]:
    """Return longitude and latitude of a position of a document."""
    if isinstance(value, str):
        lat, lon = value.split()
        return (
            float(lon[:-1]) * (1 if lon[-1] == "E" else -1),
            float(lat[:-1]) * (1 if lat[-1] == "N" else -1),
        )
    return places[value["place"]] if "place" in value else (value["lon_deg"], value["lat_deg"])


def type_of(message: Document) -> str:
    """Return the type of a message by its scenario's word."""
    return TYPES.get(message["kind"], message["kind"].replace("_", "."))


def class_of(text: Document, track: Document) -> str:
    """Return the class of a flight in the words of an agreement, empty where nobody says it."""
    kind = track["properties"].get("type", "")
    own = [c["id"] for c in text.get("aircraft_classes", ()) if kind and kind in c["kinds"]]
    return track["properties"].get("aircraft_class") or (own[0] if own else "")


# ---- where aircraft were -------------------------------------------------------------------------


class Sampled:
    """A track at every whole second, straight in longitude and latitude, and around it a plane."""

    def __init__(self, feature: Document) -> None:
        properties = feature["properties"]
        times = [seconds(t) for t in properties["times"]]
        points = np.array([c[:2] for c in feature["geometry"]["coordinates"]], dtype=float)
        self.t = np.arange(times[0], times[-1] + 0.5)
        self.lon = np.interp(self.t, times, points[:, 0])
        self.lat = np.interp(self.t, times, points[:, 1])
        self.alt_ft = np.interp(self.t, times, properties["alt_ft"])
        self.plane = pyproj.Proj(
            proj="aeqd", lon_0=float(self.lon.mean()), lat_0=float(self.lat.mean()), ellps="WGS84"
        )
        self.xy = np.column_stack(self.plane(self.lon, self.lat))
        self.points = shapely.points(self.xy)

    def line(self, vertices: list[tuple[float, float]], *, geodesic: bool) -> Any:
        """Return a line in this plane, with a vertex at least every kilometre or so."""
        lon, lat = np.array(dense(vertices, geodesic)).T
        return shapely.LineString(np.column_stack(self.plane(lon, lat)))


def dense(vertices: list[tuple[float, float]], geodesic: bool) -> list[tuple[float, float]]:
    """Return a line with many vertices: along geodesics, or straight in longitude and latitude."""
    found = [vertices[0]]
    for here, there in pairwise(vertices):
        count = int(GEOD.inv(*here, *there)[2] // 1000) + 1
        if geodesic:
            found += [tuple(p) for p in GEOD.npts(*here, *there, count)]
        else:
            steps = np.linspace(0, 1, count + 2)[1:-1]
            found += [
                (here[0] + (there[0] - here[0]) * s, here[1] + (there[1] - here[1]) * s)
                for s in steps
            ]
        found.append(there)
    return found


def right_of(line: Any, xy: np.ndarray) -> np.ndarray:
    """Return for points of a plane whether they are to the right of a line, looking along it."""
    vertices = np.array(line.coords)
    along = vertices[1:] - vertices[:-1]
    rel = xy[:, None, :] - vertices[None, :-1]
    part = np.clip((rel * along).sum(2) / (along**2).sum(1), 0, 1)
    away = ((rel - along * part[:, :, None]) ** 2).sum(2)
    near = away.argmin(1)
    there = rel[np.arange(len(xy)), near]
    return along[near, 0] * there[:, 1] - along[near, 1] * there[:, 0] < 0


def longest(held: np.ndarray) -> int:
    """Return the longest run of a series of yes and no, in samples."""
    most = run = 0
    for each in held:
        run = run + 1 if each else 0
        most = max(most, run)
    return most


def clear_of(values: np.ndarray, limit_m: float, least_m: float = 8.0) -> None:
    """Check that the extreme of a series is not so near a limit that a second would change it."""
    if abs(float(values.min()) - limit_m) < least_m:
        raise TooNear(f"{values.min():.1f} against {limit_m:g}")


# ---- one story -----------------------------------------------------------------------------------


class Story:
    """A scenario and the document it stands under, with what the clauses are judged by."""

    def __init__(self, timeline: Document, geometry: Document, text: Document) -> None:
        self.text = text
        self.messages = [m for m in timeline.get("messages", ()) if not m.get("derived")]
        self.by_seq = {m["seq"]: m for m in self.messages}
        self.timeline = timeline
        self.parties = [p["id"] for p in text["parties"]]
        self.tracks = {
            f["properties"]["id"]: f
            for f in geometry["features"]
            if f["properties"]["kind"] == "track"
        }
        self.sampled = {name: Sampled(f) for name, f in self.tracks.items()}
        self.end_s = max(
            [seconds(m["t"]) for m in self.messages]
            + [seconds(r["t"]) for r in timeline.get("distribution_receipts", ())]
            + [seconds(c.get("entered_at") or c.get("ended") or c["began"])
               for c in timeline.get("calls", ())]
            + [seconds(p["to"]) for p in timeline.get("presence", ())]
            + [seconds(c["t"]) for c in timeline.get("confirmations", ())]
        )  # fmt: skip
        first_s = min(
            [seconds(m["t"]) for m in self.messages]
            + [seconds(f["properties"]["times"][0]) for f in self.tracks.values()]
        )
        self.begin_s = first_s - first_s % 86_400
        self.added = timeline["agreements"][0].get("clauses", [])
        self.places = {p["id"]: position(p["position"], {}) for p in text.get("places", ())}
        self.boundaries = {b["id"]: b for b in text.get("boundaries", ())}

    @property
    def exclusive(self) -> bool:
        """Whether silence decides."""
        clauses = (*self.text["clauses"], *self.added)
        return any(c["kind"] == "exclusive_channel" and c["value"] for c in clauses)

    def party_of(self, flight: str) -> str:
        """Return whose a flight is."""
        return str(self.tracks[flight]["properties"]["party"])

    def openers(self, *types: str) -> list[Document]:
        """Return the messages of these types, in order."""
        return [m for m in self.messages if m["kind"] not in ANSWERS and type_of(m) in types]

    def to(self, message: Document) -> list[str]:
        """Return the addressees of a message."""
        return [message["to"]] if isinstance(message["to"], str) else list(message["to"])

    def answer(self, message: Document, party: str) -> Document | None:
        """Return the first answer of a party to a message."""
        found = [
            m for m in self.messages
            if m.get("of") == message["seq"] and m["kind"] in ANSWERS and m["from"] == party
        ]  # fmt: skip
        return min(found, key=lambda m: seconds(m["t"]), default=None)

    def window(self, message: Document) -> tuple[float, float | None] | None:
        """Return from when to when what a message announces lasts."""
        if "window" in message:
            return seconds(message["window"][0]), seconds(message["window"][1])
        for name in ("from_time", "effective", "time"):
            if name in message:
                return seconds(message[name]), None
        return None

    def line_of(self, boundary: Document, track: Sampled) -> Any:
        """Return a boundary in the plane of a track."""
        vertices = [position(v, self.places) for v in boundary["vertices"]]
        return track.line(vertices, geodesic=boundary.get("edges", "planar") == "geodesic")

    def leave(self, types: list[str], flight: str, at_s: float) -> tuple[str, int | None]:
        """Return what follows where a flight did what needs leave: a verdict, and the message."""
        named = [
            m for m in self.openers(*types)
            if m.get("flight") == flight and m["kind"] not in ANSWERS
            and self.party_of(flight) in (m["from"], *self.to(m))
            and not any(
                a.get("of") == m["seq"] and a["kind"] == "refusal" for a in self.messages
            )
        ]  # fmt: skip
        if named:
            first = min(named, key=lambda m: seconds(m["t"]))
            return ("met" if seconds(first["t"]) <= at_s else "late"), first["seq"]
        return ("missed" if self.exclusive or not types else "not checkable"), None


def row(clause: Document, party: str, about: str, verdict: str, **more: Any) -> Document:
    """Return one expected verdict."""
    given = {key: value for key, value in more.items() if value is not None}
    return {"clause": clause["id"], "party": party, "about": about, "verdict": verdict, **given}


# ---- clauses about where aircraft are ------------------------------------------------------------


def applies(story: Story, clause: Document, flight: str) -> bool | None:
    """Whether a clause is about a flight; None where its class decides and nobody says it."""
    about = clause.get("applies_to", {})
    if about.get("parties") and story.party_of(flight) not in about["parties"]:
        return False
    if not about.get("classes"):
        return True
    own = class_of(story.text, story.tracks[flight])
    return None if not own else own in about["classes"]


def stand_off(story: Story, clause: Document) -> list[Document]:
    """Return for each flight how it kept its distance from a line."""
    boundary = story.boundaries[clause["boundary"]]
    limit_m, doubt_m = metres(clause["distance"]), metres(boundary.get("uncertainty", "0 m"))
    found = []
    for flight, track in story.sampled.items():
        meant = applies(story, clause, flight)
        party = story.party_of(flight)
        if meant is False:
            found.append(row(clause, party, flight, "no duty"))
            continue
        away_m = shapely.distance(track.points, story.line_of(boundary, track))
        least_m = float(away_m.min())
        for edge_m in (limit_m - doubt_m, limit_m + doubt_m):
            clear_of(away_m, edge_m)
        nearer = away_m < limit_m - doubt_m
        if least_m > limit_m + doubt_m:
            verdict, seq = "met", None
        elif meant is None or not nearer.any():
            verdict, seq = "not checkable", None
        else:
            first_s = float(track.t[np.argmax(nearer)])
            verdict, seq = story.leave(clause.get("unless_notified", []), flight, first_s)
        more = {"nearest_m": round(least_m, 1), "nearer_s": longest(nearer), "leave": seq}
        found.append(row(clause, party, flight, verdict, **more))
    return found


def boundary(story: Story, clause: Document) -> list[Document]:
    """Return for each flight whether it stayed on its side of a line."""
    drawn = story.boundaries[clause["boundary"]]
    doubt_m = metres(drawn.get("uncertainty", "0 m"))
    found = []
    for flight, track in story.sampled.items():
        party = story.party_of(flight)
        if not applies(story, clause, flight):
            found.append(row(clause, party, flight, "no duty"))
            continue
        line = story.line_of(drawn, track)
        away_m = shapely.distance(track.points, line)
        right = right_of(line, track.xy)
        off = (right != (clause["side"] == "right")) & (away_m > doubt_m)
        clear_of(away_m, doubt_m, 0.0 if off.any() else 8.0)
        if off.any():
            first_s = float(track.t[np.argmax(off)])
            verdict, seq = story.leave(clause.get("crossing", []), flight, first_s)
        else:
            verdict, seq = ("not checkable" if (away_m <= doubt_m).any() else "met"), None
        more = {"other_side_s": int(off.sum()), "leave": seq}
        found.append(row(clause, party, flight, verdict, **more))
    return found


# ---- clauses about messages ----------------------------------------------------------------------


def said(message: Document, name: str) -> bool:
    """Whether a message says something of a name."""
    return bool(message.get(name) or message.get("fields", {}).get(name))


def notification(story: Story, clause: Document) -> list[Document]:
    """Return lead time and content of each notice, to each addressee."""
    found = []
    for message in story.openers(*clause["of"]):
        about = f"message {message['seq']}"
        emergency = message.get("subject") == "emergency"
        lead = clause["emergency_lead"] if emergency and "emergency_lead" in clause else (
            clause["lead"]
        )  # fmt: skip
        begins = story.window(message)
        for party in story.to(message):
            before_s = None if begins is None else begins[0] - seconds(message["t"])
            in_time = before_s is not None and before_s >= duration(lead)
            verdict = "not checkable" if before_s is None else "met" if in_time else "late"
            more = {"part": "lead", "to": party, "lead_s": before_s}
            found.append(row(clause, message["from"], about, verdict, **more))
            if clause.get("content"):
                lacking = [name for name in clause["content"] if not said(message, name)]
                verdict = "missed" if lacking else "met"
                more = {"part": "content", "to": party, "lacking": lacking or None}
                found.append(row(clause, message["from"], about, verdict, **more))
            found += [
                told(story, clause, message, party, unit, clause["units_before"])
                for unit in clause.get("required_units", {}).get(party, ())
            ]
    return found


def told(
    story: Story, clause: Document, message: Document, party: str, unit: str, before: str
) -> Document:
    """Return whether a unit of an addressee had a notice in time."""
    begins = story.window(message)
    sent_s = seconds(message["t"])
    due_s = max(sent_s, begins[0] - duration(before)) if begins else sent_s + 1800
    receipts = [
        r for r in story.timeline.get("distribution_receipts", ())
        if (r["of"], r["party"], r["unit"]) == (message["seq"], party, unit)
        and (r.get("loaded") or not clause.get("loaded"))
    ]  # fmt: skip
    first_s = min((seconds(r["t"]) for r in receipts), default=None)
    if first_s is not None:
        verdict = "met" if first_s <= due_s else "late"
    else:
        verdict = "missed" if story.end_s > due_s else "not triggered"
    more = {"part": unit, "to": message["from"]}
    return row(clause, party, f"message {message['seq']}", verdict, **more)


def incident_report(story: Story, clause: Document) -> list[Document]:
    """Return for each demand how the initial and the final report were given."""
    found = []
    for demand in story.openers("demand"):
        about, asked_s = f"message {demand['seq']}", seconds(demand["t"])
        for party in story.to(demand):
            for part in ("initial", "final"):
                due_s = later(asked_s, clause[part])
                given = [
                    m for m in story.openers("report.share")
                    if m.get("of") == demand["seq"] and m["from"] == party
                    and (part == "initial" or m.get("part", "final") == "final")
                ]  # fmt: skip
                first = min(given, key=lambda m: seconds(m["t"]), default=None)
                if first is None:
                    verdict = "missed" if story.end_s > due_s else "not triggered"
                else:
                    verdict = "met" if seconds(first["t"]) <= due_s else "late"
                    if part == "final" and not all(said(first, n) for n in clause["content"]):
                        verdict = "missed"
                after_s = None if first is None else seconds(first["t"]) - asked_s
                more = {"part": part, "to": demand["from"], "after_s": after_s}
                found.append(row(clause, party, about, verdict, **more))
    return found


# ---- clauses about zones and pairs ---------------------------------------------------------------


class Ground:
    """A zone that is a circle less circles, in the plane of a track."""

    def __init__(self, story: Story, zone_id: str, track: Sampled) -> None:
        zone = next(z for z in story.text["zones"] if z["id"] == zone_id)
        doubt_m = metres(zone.get("uncertainty", "0 m"))
        away_m = _edge(story, zone["shape"]["circle"], track)
        for hole in zone.get("exclusions", ()):
            away_m = np.maximum(away_m, -_edge(story, hole["shape"]["circle"], track))
        self.inside = away_m < -doubt_m
        self.outside = away_m > doubt_m
        if not self.inside.any():
            clear_of(np.abs(away_m - doubt_m), 0.0)


def _edge(story: Story, circle: Document, track: Sampled) -> np.ndarray:
    """Return how far outside of a circle the samples of a track are, on the ellipsoid."""
    lon, lat = position(circle["centre"], story.places)
    many = np.ones_like(track.lon)
    away_m = GEOD.inv(track.lon, track.lat, many * lon, many * lat)[2]
    return away_m - metres(circle["radius"])


def zone(story: Story, clause: Document) -> list[Document]:
    """Return for each flight whether it stayed out of a zone."""
    found = []
    for flight, track in story.sampled.items():
        party = story.party_of(flight)
        if not applies(story, clause, flight):
            found.append(row(clause, party, flight, "no duty"))
            continue
        ground = Ground(story, clause["zone"], track)
        seq = None
        if ground.inside.any():
            first_s = float(track.t[np.argmax(ground.inside)])
            verdict, seq = story.leave(clause.get("leave", []), flight, first_s)
        else:
            verdict = "met" if ground.outside.all() else "not checkable"
        inside_s = longest(ground.inside) if verdict != "late" else None
        found.append(row(clause, party, flight, verdict, inside_s=inside_s, leave=seq))
    return found


def ring(story: Story, clause: Document) -> list[Document]:
    """Return for each flight that came into a ring whether there was contact before."""
    found = []
    for flight, track in story.sampled.items():
        ground = Ground(story, clause["ring"], track)
        if ground.inside.any():
            first_s = float(track.t[np.argmax(ground.inside)])
            verdict, seq = ("not checkable", None) if ground.inside[0] else story.leave(
                clause["contact"], flight, first_s
            )  # fmt: skip
            found.append(row(clause, story.party_of(flight), flight, verdict, leave=seq))
    return found


def separation(story: Story, clause: Document) -> list[Document]:
    """Return for each pair of two parties how long it was inside the minima."""
    wide_m, high_ft = metres(clause["horizontal"]), metres(clause["vertical"]) / METRES["ft"]
    pairs = {frozenset(pair) for pair in clause["class_pairs"]}
    found = []
    for one, two in combinations(sorted(story.sampled), 2):
        classes = frozenset(class_of(story.text, story.tracks[name]) for name in (one, two))
        parties = sorted({story.party_of(one), story.party_of(two)})
        a, b = story.sampled[one], story.sampled[two]
        _, i, j = np.intersect1d(a.t, b.t, return_indices=True)
        if len(parties) < 2 or not len(i) or classes not in pairs:
            continue
        away_m = GEOD.inv(a.lon[i], a.lat[i], b.lon[j], b.lat[j])[2]
        inside = (away_m < wide_m) & (np.abs(a.alt_ft[i] - b.alt_ft[j]) < high_ft)
        inside_s = max(0, longest(inside) - 1)
        limit_s = duration(clause["dwell"]) if "dwell" in clause else -1.0
        if not inside.any():
            clear_of(away_m, wide_m, 100.0)
        elif abs(inside_s - limit_s) < 4:
            raise TooNear(f"{one} and {two}: {inside_s} s against {limit_s:g} s")
        met = not inside.any() or inside_s <= limit_s
        more = {"inside_s": inside_s if inside.any() else None}
        found.append(row(clause, parties, f"{one} and {two}", "met" if met else "missed", **more))
    return found


# ---- clauses about answers -----------------------------------------------------------------------

URGENT = ("objection", "medevac.request", "line.state")
LIFE_SAFETY = ("medevac.request",)
NOTICES = ("notice", "request")


def answered(
    story: Story, clause: Document, message: Document, party: str, limit_s: float, part: str
) -> Document:
    """Return how an addressee answered; who gave more time than the clause is held to that."""
    limit_s = max(limit_s, message.get("ack_deadline_s") or 0.0)
    answer, sent_s = story.answer(message, party), seconds(message["t"])
    if answer is None:
        verdict = "missed" if story.end_s > sent_s + limit_s else "not triggered"
    else:
        verdict = "met" if seconds(answer["t"]) - sent_s <= limit_s else "late"
    after_s = None if answer is None else seconds(answer["t"]) - sent_s
    more = {"part": part, "to": message["from"], "after_s": after_s}
    return row(clause, party, f"message {message['seq']}", verdict, **more)


def acknowledgement(story: Story, clause: Document) -> list[Document]:
    """Return how urgent messages were answered."""
    return [
        answered(story, clause, m, party, duration(clause["within"]), type_of(m))
        for m in story.openers(*URGENT)
        for party in story.to(m)
    ]


def read_back(story: Story, clause: Document) -> list[Document]:
    """Return how what asks for it was read back; a line test has a deadline of its own."""
    found = []
    for message in story.messages:
        if message.get("requires") == "read_back":
            for party in story.to(message):
                limit_s = duration(clause["within"])
                found.append(answered(story, clause, message, party, limit_s, type_of(message)))
    return found


def dispute(story: Story, clause: Document) -> list[Document]:
    """Return how objections were answered."""
    return [
        answered(story, clause, m, party, duration(clause["within"]), "objection")
        for m in story.openers("objection")
        for party in story.to(m)
    ]


def line_test(story: Story, clause: Document) -> list[Document]:
    """Return how tests were answered, and whether each end that tests came to its next."""
    found, tests = [], story.openers("line.test")
    for message in tests:
        found += [answered(story, clause, message, p, 60.0, "test") for p in story.to(message)]
    every_s, grace_s = duration(clause["every"]), TEST_GRACE_S
    for party in dict.fromkeys(m["from"] for m in tests):
        own = [m for m in tests if m["from"] == party]
        for message, after in zip(own, [*own[1:], None], strict=True):
            due_s = seconds(message["t"]) + every_s
            at_s = story.end_s if after is None else seconds(after["t"])
            if at_s > due_s + grace_s:
                verdict = "missed" if after is None else "late"
            else:
                verdict = "not triggered" if after is None else "met"
            about = f"message {message['seq']}"
            found.append(row(clause, party, about, verdict, part="next", to=story.to(message)[0]))
    return found


TEST_GRACE_S = 120.0
"""Of a test by a person, as the norms of the line have it."""


def ways(story: Story, clause: Document) -> list[Document]:
    """Return whether who took a request to make way said in time that it had."""
    found = []
    limit_s = duration(clause.get("within") or clause["preempt_within"])
    for message in story.openers("medevac.request"):
        for party in story.to(message):
            answer, sent_s = story.answer(message, party), seconds(message["t"])
            words = [
                m for m in story.openers("priority.yielded")
                if m["from"] == party and m.get("of") == message["seq"]
            ]  # fmt: skip
            after_s = seconds(words[0]["t"]) - sent_s if words else None
            if answer is None or answer["kind"] == "refusal":
                verdict = "not triggered"
            elif after_s is not None:
                verdict = "met" if after_s <= limit_s else "late"
            else:
                verdict = "missed" if story.end_s > sent_s + limit_s else "not triggered"
            more = {"part": "way", "to": message["from"], "after_s": after_s}
            found.append(row(clause, party, f"message {message['seq']}", verdict, **more))
    return found


# ---- clauses about notices, zones' words and the agreement ---------------------------------------


def distribution(story: Story, clause: Document) -> list[Document]:
    """Return for each named unit whether it had each notice, and has loaded it, in time."""
    return [
        told(story, clause, m, party, unit, clause["before"])
        for m in story.messages
        if m["kind"] not in ANSWERS and type_of(m).endswith(".notice")
        for party in story.to(m)
        for unit in clause["units"].get(party, ())
    ]


def standing_notice(story: Story, clause: Document) -> list[Document]:
    """Return whether notices that stand were confirmed again in time."""
    every = clause["reconfirm_every"]
    every_s = 3600.0 * float(every[2:-1]) if every.startswith("PT") else duration(every)
    wanted = [f"{kind.replace('_', '.')}" for kind in clause.get("of", ())]
    found = []
    for m in story.messages:
        fits = type_of(m) in wanted if wanted else type_of(m).rpartition(".")[2] in NOTICES
        if m["kind"] in ANSWERS or not fits:
            continue
        again = [
            seconds(c["t"]) for c in story.timeline.get("confirmations", ()) if c["of"] == m["seq"]
        ]  # fmt: skip
        times = [seconds(m["t"]), *sorted(again), story.end_s]
        gaps = [b - a for a, b in pairwise(times)]
        if gaps[-1] > every_s:
            verdict = "missed"
        elif len(gaps) == 1:
            verdict = "not triggered"
        else:
            verdict = "late" if max(gaps) > every_s else "met"
        more = {"part": type_of(m), "to": story.to(m)[0]}
        found.append(row(clause, m["from"], f"message {m['seq']}", verdict, **more))
    return found


def zone_status(story: Story, clause: Document) -> list[Document]:
    """Return who changed a zone, with how much notice, and how requests for cold were met."""
    found, may = [], clause["may_change"]
    states = [m for m in story.openers("zone.state") if m["zone"] == clause["zone"]]
    for m in states:
        about, begins = f"message {m['seq']}", story.window(m)
        if m["from"] not in may:
            found.append(row(clause, m["from"], about, "missed", part="said"))
        elif begins is None:
            found.append(row(clause, m["from"], about, "met", part="said"))
        else:
            notice_s = begins[0] - seconds(m["t"])
            verdict = "met" if notice_s >= duration(clause["notice"]) else "late"
            more = {"part": "said", "lead_s": notice_s}
            found += [row(clause, m["from"], about, verdict, to=p, **more) for p in story.to(m)]
    for m in story.openers("zone.release.request"):
        asked_s, limit_s = seconds(m["t"]), duration(clause["cold_within"])
        cold = [
            seconds(s["t"]) for s in states
            if s["status"] == "cold" and s["from"] in may and seconds(s["t"]) >= asked_s
        ]  # fmt: skip
        refused = any(a["kind"] == "refusal" and a.get("of") == m["seq"] for a in story.messages)
        if cold:
            verdict = "met" if min(cold) - asked_s <= limit_s else "late"
        elif refused:
            verdict = "not triggered"
        else:
            verdict = "missed" if story.end_s > asked_s + limit_s else "not triggered"
        after_s = min(cold) - asked_s if cold else None
        more = {"part": "asked", "to": m["from"], "after_s": after_s}
        found.append(row(clause, may[0], f"message {m['seq']}", verdict, **more))
    return found


def suspension(story: Story, clause: Document) -> list[Document]:
    """Return with how much notice each suspension took effect, towards each other end."""
    return [
        row(
            clause, m["from"], f"message {m['seq']}",
            "met" if notice_s >= duration(clause["notice"]) else "late",
            part="suspended", to=party, lead_s=notice_s,
        )
        for m in story.openers("line.state") if m["value"] == "suspended"
        for notice_s in (max(0.0, seconds(m.get("effective", m["t"])) - seconds(m["t"])),)
        for party in story.to(m)
    ]  # fmt: skip


def position_check(story: Story, clause: Document) -> list[Document]:
    """Return whether named places and the coordinates sent with them agree."""
    found, limit_m = [], metres(clause["named_place_within"])
    for m in story.messages:
        if "named_place" in m and "centre" in m:
            lon, lat = story.places[m["named_place"]]
            away_m = GEOD.inv(lon, lat, *m["centre"])[2]
            if abs(away_m - limit_m) < 200:
                raise TooNear(f"message {m['seq']}: {away_m:.0f} m")
            verdict = "met" if away_m <= limit_m else "missed"
            more = {"part": m["named_place"], "to": story.to(m)[0]}
            found.append(row(clause, m["from"], f"message {m['seq']}", verdict, **more))
    return found


def watch(story: Story, clause: Document) -> list[Document]:
    """Return for each party whether a post was without a person longer than agreed."""
    begin_s, gap_s = story.begin_s, duration(clause["gap"])
    found = []
    for party in story.parties:
        there = sorted(
            (seconds(p["from"]), seconds(p["to"]))
            for p in story.timeline.get("presence", ())
            if p["party"] == party
        )
        edges = [begin_s, *(at_s for span in there for at_s in span), story.end_s]
        gaps = [b - a for a, b in zip(edges[::2], edges[1::2], strict=True)]
        if gaps[-1] == max(gaps) > gap_s:
            verdict = "missed"
        else:
            verdict = "late" if max(gaps) > gap_s else "met"
        found.append(row(clause, party, "watch", verdict))
    return found


def exclusive_channel(story: Story, clause: Document) -> list[Document]:
    """Return for each call whether both ends entered it; where silence decides nothing, nothing."""
    if not clause["value"] or not story.timeline.get("calls"):
        return [row(clause, "all", "the whole story", "not triggered")]
    found, calls = [], story.timeline["calls"]
    for call in calls:
        other = [
            c for c in calls
            if (c["by"], c["with"]) == (call["with"], call["by"])
            and c["direction"] != call["direction"]
            and abs(seconds(c["began"]) - seconds(call["began"])) <= 120
        ]  # fmt: skip
        if not other:
            found.append(row(clause, call["with"], f"call {call['id']}", "not checkable"))
        elif call["direction"] == "placed":
            names = sorted(c["id"] for c in (call, *other))
            found.append(row(clause, "any", " and ".join(names), "met"))
    return found


def frequency(story: Story, clause: Document) -> list[Document]:
    """Return whether radio contact was tried as often as agreed."""
    tried = sorted(
        seconds(c.get("entered_at") or c.get("ended") or c["began"])
        for c in story.timeline.get("calls", ())
        if "radio" in c.get("subject", "")
    )
    times = [story.begin_s, *tried, story.end_s]
    gaps = [b - a for a, b in pairwise(times)]
    limit_s = duration(clause["drill_every"])
    if gaps[-1] > limit_s:
        verdict = "missed"
    elif max(gaps) > limit_s:
        verdict = "late"
    else:
        verdict = "met" if tried else "not triggered"
    return [row(clause, "all", "the whole story", verdict)]


def each_party(verdict: str) -> Any:
    """Return the judge of a clause that has one verdict for each party."""
    return lambda story, clause: [
        row(clause, party, "the whole story", verdict) for party in story.parties
    ]


def whole(verdict: str) -> Any:
    """Return the judge of a clause that has one verdict over the whole story."""
    return lambda _, clause: [row(clause, "all", "the whole story", verdict)]


JUDGES: dict[str, Any] = {
    "stand_off": stand_off,
    "boundary": boundary,
    "zone": zone,
    "ring": ring,
    "separation": separation,
    "notification": notification,
    "distribution": distribution,
    "standing_notice": standing_notice,
    "zone_status": zone_status,
    "acknowledgement": acknowledgement,
    "read_back": read_back,
    "dispute": dispute,
    "line_test": line_test,
    "yield": ways,
    "priority": ways,
    "suspension": suspension,
    "position_check": position_check,
    "watch": watch,
    "frequency": frequency,
    "incident_report": incident_report,
    "exclusive_channel": exclusive_channel,
    # Nothing in these stories calls for them, or nothing in a scenario can show them.
    "term": whole("not checkable"),
    "bearer": whole("not checkable"),
    "prohibited": whole("met"),
    "disclosure": whole("not triggered"),
    "intent_limits": whole("not triggered"),
    "validity": each_party("not triggered"),
}
GOES_ON = ("suspension", "validity", "exclusive_channel", "incident_report", "term", "line_test")
"""Kinds that a suspension does not end."""
FOR_LIVES = ("acknowledgement", "yield", "priority")
"""Kinds that go on for what is about lives while the agreement is suspended."""


def suspended(story: Story, clause: Document, found: Document) -> bool:
    """Whether what a verdict is about was said while the agreement was suspended."""
    if clause["kind"] in GOES_ON or not found["about"].startswith("message "):
        return False
    message = story.by_seq[int(found["about"].split()[1])]
    if clause["kind"] in FOR_LIVES and type_of(message) in LIFE_SAFETY:
        return False
    state = False
    acts = [(seconds(m.get("effective", m["t"])), m) for m in story.openers("line.state")]
    for at_s, act in sorted(acts, key=lambda each: each[0]):
        if at_s <= seconds(message["t"]):
            state = act["value"] == "suspended"
    return state


def judged(timeline: Document, geometry: Document, text: Document) -> list[Document]:
    """Return every expected verdict, clause by clause."""
    story = Story(timeline, geometry, text)
    found = []
    for clause in (*text["clauses"], *story.added):
        for each in JUDGES[clause["kind"]](story, clause):
            if suspended(story, clause, each):
                kept = ("clause", "party", "about", "part", "to")
                each = {k: v for k, v in each.items() if k in kept} | {"verdict": "no duty"}
            found.append(each)
    return found


# ---- files ---------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """Keeps times as text."""


_Loader.yaml_implicit_resolvers = {
    first: [r for r in found if r[0] != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def documents(name: str) -> tuple[Document, Document, Document]:
    """Return the timeline, the geometry and the agreement of an example, as plain values."""
    folder = EXAMPLES / name
    timeline = yaml.load((folder / "timeline.yaml").read_text("utf-8"), Loader=_Loader)
    geometry = json.loads((folder / "geo.geojson").read_text("utf-8"))
    text = tomllib.loads((folder / timeline["agreements"][0]["document"]).read_text("utf-8"))
    return timeline, geometry, text


HEAD = """\
# What must be said of each clause of {name}, computed by builders/make_example_oracle.py
# with pyproj and shapely at one-second steps, apart from Parley. Metres to 1 m, times to 2 s.
"""


def text_of(name: str) -> str:
    """Return the text of an example's expected.yaml."""
    rows = judged(*documents(name))
    lines = [
        yaml.safe_dump(each, default_flow_style=True, sort_keys=False, width=1000).strip()
        for each in rows
    ]
    return HEAD.format(name=name) + "verdicts:\n" + "".join(f"  - {line}\n" for line in lines)


def main(arguments: list[str]) -> int:
    """Write the files, or with --check say which differ."""
    differing = []
    for name in NAMES:
        path = EXAMPLES / name / "expected.yaml"
        if "--check" in arguments:
            if not path.exists() or path.read_text("utf-8") != text_of(name):
                differing.append(str(path))
        else:
            path.write_text(text_of(name), "utf-8")
    print("\n".join(f"{path} differs" for path in differing), end="\n" if differing else "")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
