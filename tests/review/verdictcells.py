"""Every clause kind against the six outcomes: what can occur, why the rest cannot, a case for each.

`CELLS`: for each kind and outcome a case: the agreement, the evidence, and words that the sentence
must hold. `CANNOT`: for the others, why not.
"""

from __future__ import annotations

import msgspec

from parley.review.verdict_evidence import (
    Alerted,
    Confirmed,
    Held,
    Hidden,
    Incident,
    Present,
    Renewed,
    Status,
    Undelivered,
)
from parley.world import clauses as c
from parley.world.agreement import Party
from parley.world.clauses import AppliesTo
from parley.world.time import Interval
from parley.world.verdict import EscalationStep
from review.verdictkit import (
    agreement,
    answer,
    asserted,
    at,
    call,
    ended,
    evidence,
    flown,
    had,
    lapsed,
    planned,
    said,
    text,
    track,
    unit_told,
    with_classes,
    zone_word,
)

NOTHING_HELD = {("AB", "BRAVO"): Held(until_us=None, because="nothing of it ever came")}
ALFA_NOT_HELD = {("AB", "ALFA"): Held(until_us=at(1), because="its link is down since then")}
STOPPED = {("AB", "BRAVO"): Held(until_us=at(50), because="it stopped cosigning")}
EXCLUSIVE = c.ExclusiveChannel(id="X", value=True)
CELLS: dict[tuple[str, str], tuple[object, object, str]] = {}
CANNOT: dict[tuple[str, str], str] = {}
MET, LATE, MISSED = "met", "late", "missed"
IDLE, OPEN, NONE = "not triggered", "not checkable", "no duty"


def cell(kind: str, outcome: str, text_of, facts, words: str) -> None:
    assert (kind, outcome) not in CELLS
    CELLS[kind, outcome] = (text_of, facts, words)


# ---- acknowledgement -----------------------------------------------------------------------------

ACK = c.Acknowledgement(id="C", within_s=60.0, escalate=(EscalationStep(after_s=60, post="chief"),))
_M = said(1, 100, "clearance")
cell(
    "acknowledgement",
    MET,
    agreement(ACK),
    evidence(said=(_M,), answers=(answer(2, 160, 1),)),
    "60 s against 60 s",
)
cell(
    "acknowledgement",
    LATE,
    agreement(ACK),
    evidence(said=(_M,), answers=(answer(2, 161, 1),)),
    "chief after 60 s",
)
cell("acknowledgement", MISSED, agreement(ACK), evidence(said=(_M,)), "no answer of BRAVO")
cell(
    "acknowledgement",
    IDLE,
    agreement(ACK),
    evidence(said=(_M,), ended=(ended(2, 150, 1),)),
    "corrected by its sender",
)
cell(
    "acknowledgement",
    OPEN,
    agreement(ACK),
    evidence(said=(_M,), held=STOPPED),
    "it stopped cosigning",
)
cell("acknowledgement", NONE, asserted(ACK), evidence(said=(_M,)), "asserted by ALFA only")

# ---- read back -----------------------------------------------------------------------------------

BACK = c.ReadBack(id="C", within_s=120.0)
_F = {"flight": "F1", "zone": "Z1"}
_R = said(1, 100, "clearance", fields=_F, reads_back=True)
cell(
    "read_back",
    MET,
    agreement(BACK),
    evidence(said=(_R,), answers=(answer(2, 160, 1, fields=_F),)),
    "read back as said",
)
cell(
    "read_back",
    LATE,
    agreement(BACK),
    evidence(said=(_R,), answers=(answer(2, 340, 1, fields=_F),)),
    "after 240 s against 120 s",
)
cell(
    "read_back",
    MISSED,
    agreement(BACK),
    evidence(said=(_R,), answers=(answer(2, 160, 1, fields=_F | {"zone": "Z2"}),)),
    "zone read back otherwise",
)
cell(
    "read_back",
    IDLE,
    agreement(BACK),
    evidence(said=(_R,), ended=(ended(2, 150, 1),)),
    "before it was due",
)
cell(
    "read_back",
    OPEN,
    agreement(BACK),
    evidence(said=(_R,), held=NOTHING_HELD),
    "nothing of it ever came",
)
_SUSPENDED = Status(
    cite="message 9",
    at_us=at(0),
    by="BRAVO",
    agreement="AB",
    value="suspended",
    effective_us=at(50),
    line="LINE-AB",
)
cell(
    "read_back",
    NONE,
    agreement(BACK),
    evidence(said=(_R,), status=(_SUSPENDED,)),
    "suspended by BRAVO",
)

# ---- notification --------------------------------------------------------------------------------

LEAD = c.Notification(id="C", lead_s=900.0, of=("intent.notice",))


def _notice(number: int, seconds: float, begins: float, **more):
    window = {"window": f"{text(begins)}/{text(begins + 3600)}", "flight": "F1"}
    return said(number, seconds, "intent.notice", fields=window | more.pop("fields", {}), **more)


cell(
    "notification",
    MET,
    agreement(LEAD),
    evidence(said=(_notice(1, 100, 1000),)),
    "900 s against 900 s",
)
cell(
    "notification",
    LATE,
    agreement(LEAD),
    evidence(said=(_notice(1, 940, 1000),)),
    "60 s against 900 s",
)
cell(
    "notification",
    MISSED,
    agreement(msgspec.structs.replace(LEAD, content=("level",))),
    evidence(said=(_notice(1, 100, 1000),)),
    "without level",
)
cell(
    "notification",
    IDLE,
    agreement(LEAD),
    evidence(said=(_M,)),
    "nothing in these logs called for it",
)
cell(
    "notification",
    OPEN,
    agreement(LEAD),
    evidence(said=(_notice(1, 100, 1000, received={"BRAVO": had(100, 101, 1)}),)),
    "by what is known of clocks",
)
cell("notification", NONE, lapsed(LEAD), evidence(said=(_notice(1, 940, 1000),)), "not in force")

# ---- line test -----------------------------------------------------------------------------------

TEST = c.LineTest(id="C", every_s=43_200.0, within_s=60.0)
_T = said(1, 100, "line.test")
_T2 = said(3, 80_000, "line.test")
cell(
    "line_test",
    MET,
    agreement(TEST),
    evidence(said=(_T,), answers=(answer(2, 130, 1),)),
    "answered after 30 s",
)
cell("line_test", LATE, agreement(TEST), evidence(said=(_T, _T2)), "the next after 79900 s")
cell("line_test", MISSED, agreement(TEST), evidence(), "no test for 86400 s")
cell("line_test", IDLE, agreement(TEST), evidence(said=(_T2,)), "due at")
cell("line_test", OPEN, agreement(TEST), evidence(held=STOPPED), "it stopped cosigning")
cell("line_test", NONE, asserted(TEST), evidence(said=(_T,)), "asserted by ALFA only")

# ---- watch ---------------------------------------------------------------------------------------


def _there(*spans: tuple[float, float], step: float = 500):
    found = []
    for begin, end in spans:
        seconds = begin
        while seconds < end:
            found.append(seconds)
            seconds += step
    return tuple(
        Present(
            cite=f"presence {s:g}",
            at_us=at(s),
            by="ALFA",
            agreement="AB",
            line="LINE-AB",
            post="desk",
            present=True,
        )
        for s in found
    )


WATCH = c.Watch(id="C", posts=("desk",), applies_to=AppliesTo(parties=("ALFA",)))
_NIGHT = msgspec.structs.replace(WATCH, hours="09:00-09:01Z")
cell(
    "watch", MET, agreement(WATCH), evidence(present=_there((0, 86_400))), "never without a person"
)
cell(
    "watch",
    LATE,
    agreement(WATCH),
    evidence(present=_there((0, 10_000), (20_000, 86_400))),
    "nobody from",
)
cell("watch", MISSED, agreement(WATCH), evidence(present=_there((0, 10_000))), "nobody from")
cell("watch", IDLE, agreement(_NIGHT), ("to", 600, evidence()), "outside of its hours")
cell(
    "watch",
    OPEN,
    agreement(WATCH),
    evidence(presence_held=False),
    "does not tell who was at a post",
)
cell("watch", NONE, asserted(WATCH), evidence(), "asserted by ALFA only")

# ---- validity ------------------------------------------------------------------------------------

VALID = c.Validity(id="C", renewal="consensus", renew_s=864_000.0)
_ENDS = Interval(from_us=at(-1000), to_us=at(5000))
_AGO = Interval(from_us=at(-1000), to_us=at(90_000))


def _renewed(by: str, seconds: float) -> Renewed:
    return Renewed(
        cite=f"renewal of {by}", at_us=at(seconds), by=by, agreement="AB", until_us=at(900_000)
    )


cell(
    "validity",
    MET,
    agreement(VALID, valid=_ENDS),
    evidence(renewed=(_renewed("ALFA", 100), _renewed("BRAVO", 200))),
    "renewed at",
)
cell(
    "validity",
    LATE,
    agreement(VALID, valid=_ENDS),
    evidence(renewed=(_renewed("ALFA", 100), _renewed("BRAVO", 6000))),
    "renewed at",
)
cell(
    "validity",
    MISSED,
    agreement(VALID, valid=_ENDS),
    evidence(renewed=(_renewed("ALFA", 100),)),
    "not renewed by BRAVO",
)
cell("validity", IDLE, agreement(VALID, valid=_AGO), evidence(), "ends at")
cell("validity", OPEN, agreement(VALID), evidence(), "it names no end")
cell(
    "validity",
    NONE,
    agreement(VALID, valid=_ENDS, asserted_by=("ALFA",)),
    evidence(),
    "asserted by ALFA only",
)

# ---- suspension ----------------------------------------------------------------------------------

SUSPENSION = c.Suspension(id="C", notice_s=3600.0)


def _suspended(seconds: float, effective: float, **more) -> Status:
    return Status(
        cite="message 1",
        at_us=at(seconds),
        by="BRAVO",
        agreement="AB",
        value="suspended",
        effective_us=at(effective),
        **more,
    )


cell(
    "suspension",
    MET,
    agreement(SUSPENSION),
    evidence(status=(_suspended(0, 3600),)),
    "notice 3600 s against 3600 s",
)
cell(
    "suspension",
    LATE,
    agreement(SUSPENSION),
    evidence(status=(_suspended(0, 0, immediate=True),)),
    "marked immediate",
)
CANNOT["suspension", MISSED] = "a suspension without notice is late by all of it"
cell("suspension", IDLE, agreement(SUSPENSION), evidence(), "nothing in these logs")
cell(
    "suspension",
    OPEN,
    agreement(SUSPENSION),
    evidence(status=(_suspended(0, 3600, received={"ALFA": had(0, 2, 1)}),)),
    "by what is known of clocks",
)
cell(
    "suspension",
    NONE,
    asserted(SUSPENSION),
    evidence(status=(_suspended(0, 0),)),
    "asserted by ALFA only",
)

# ---- position check ------------------------------------------------------------------------------

PLACE = c.PositionCheck(id="C", named_place_within_m=2000.0)


def _placed(name: str, *centre: str):
    fields = {"named_place": name} | ({"centre": centre[0]} if centre else {})
    return evidence(said=(said(1, 100, "area.notice", fields=fields),))


cell("position_check", MET, agreement(PLACE), _placed("Town", "36.0,40.01"), "902 m apart")
CANNOT["position_check", LATE] = (
    "a place agrees or it does not; when it is corrected is told beside it"
)
cell("position_check", MISSED, agreement(PLACE), _placed("Town", "36.0,40.1"), "9016 m apart")
cell("position_check", IDLE, agreement(PLACE), evidence(said=(_M,)), "nothing in these logs")
cell(
    "position_check",
    OPEN,
    agreement(PLACE),
    _placed("Vague", "36.0,40.01"),
    "cannot decide 2 km with an uncertainty of 10 km",
)
cell("position_check", NONE, asserted(PLACE), _placed("Town", "36.0,40.1"), "asserted by ALFA only")

# ---- exclusive channel ---------------------------------------------------------------------------

ONLY = c.ExclusiveChannel(id="C", value=True)
_BOTH = (call("a", "ALFA", 100, 150), call("b", "BRAVO", 101, 151))
cell("exclusive_channel", MET, agreement(ONLY), evidence(calls=_BOTH), "both ends entered it")
cell(
    "exclusive_channel",
    LATE,
    agreement(ONLY),
    evidence(calls=(_BOTH[0], call("b", "BRAVO", 101, 40_000))),
    "BRAVO after",
)
CANNOT["exclusive_channel", MISSED] = (
    "a call that one end alone entered is that end's word, whoever it names"
)
cell(
    "exclusive_channel",
    IDLE,
    agreement(c.ExclusiveChannel(id="C", value=False)),
    evidence(),
    "not the only channel",
)
cell(
    "exclusive_channel",
    OPEN,
    agreement(ONLY),
    evidence(calls=_BOTH[:1]),
    "ALFA alone has entered it",
)
cell("exclusive_channel", NONE, asserted(ONLY), evidence(calls=_BOTH), "asserted by ALFA only")

# ---- tracks --------------------------------------------------------------------------------------

# One way along 36 N at 1,000 m; the other 1 km north of it at the same time, and one that is far.
_A = track("F1", (100, 36.0, 39.5, 1000), (700, 36.0, 40.5, 1000))
_B = track("G1", (100, 36.01, 39.5, 1000), (700, 36.01, 40.5, 1000), party="BRAVO")
_FAR = track("G2", (100, 37.0, 39.5, 1000), (700, 37.0, 40.5, 1000), party="BRAVO")
_NOBODY = track("N1", (100, 36.01, 39.5, 1000), (700, 36.01, 40.5, 1000), party="CHARLIE")
_ALERT = Alerted(
    cite="ORIGIN 7",
    at_us=at(200),
    by="BRAVO",
    agreement="AB",
    what="separation",
    aircraft=("F1", "G1"),
    parties=("ALFA", "BRAVO"),
    clause="C",
)
APART = c.Separation(id="C", horizontal_m=5556.0, vertical_m=914.4, dwell_s=180.0)
cell("separation", MET, agreement(APART), evidence(tracks=(_A, _FAR)), "never inside the minima")
CANNOT["separation", LATE] = "a distance is kept or it is not"
cell("separation", MISSED, agreement(APART), evidence(tracks=(_A, _B)), "for 600 s")
cell("separation", IDLE, agreement(APART), evidence(tracks=(_A,)), "nothing in these logs")
cell(
    "separation",
    OPEN,
    agreement(APART),
    evidence(alerts=(_ALERT,), tracks_held=False),
    "raw tracks stay with their owner; 1 alerts",
)
cell(
    "separation",
    NONE,
    agreement(APART),
    evidence(tracks=(_A, _NOBODY)),
    "CHARLIE is no party of AB",
)

OFF = c.StandOff(id="C", distance_m=5000.0, boundary="B1", unless_notified=("intent.notice",))
_COMBAT = with_classes(OFF, "combat")
_NEAR = track("F1", (100, 36.02, 39.5, 1000), (700, 36.02, 40.5, 1000))  # 2.2 km off
_EDGE = track("F1", (100, 36.0451, 39.5, 1000), (700, 36.0451, 40.5, 1000))  # 5.0 km off
_OUT = track("F1", (100, 36.3, 39.5, 1000), (700, 36.3, 40.5, 1000))
_GIVEN = said(1, 50, "intent.notice", fields={"flight": "F1"})
cell("stand_off", MET, agreement(OFF), evidence(tracks=(_OUT,)), "at the nearest against 5000 m")
cell(
    "stand_off",
    LATE,
    agreement(OFF),
    evidence(tracks=(_NEAR,), said=(said(1, 130, "intent.notice", fields={"flight": "F1"}),)),
    "30 s after",
)
cell("stand_off", MISSED, agreement((OFF, EXCLUSIVE)), evidence(tracks=(_NEAR,)), "at the nearest")
cell("stand_off", IDLE, agreement(OFF), evidence(), "nothing in these logs")
cell(
    "stand_off",
    OPEN,
    agreement(OFF),
    evidence(tracks=(_EDGE,)),
    "cannot decide 5 km with an uncertainty of 0.1 km",
)
cell(
    "stand_off",
    NONE,
    agreement(_COMBAT),
    evidence(tracks=(_NEAR,), flights=(flown("F1", kind="cargo"),)),
    "of class transport, as ALFA says itself",
)

RING = c.Ring(id="C", ring="Z1", rule="call before", contact=("clearance",))
_LEAVE = said(1, 150, "clearance", by="BRAVO", to=("ALFA",), fields={"flight": "F1"})
_LATER = msgspec.structs.replace(_LEAVE, at_us=at(500))
cell(
    "ring",
    MET,
    agreement(RING),
    evidence(tracks=(_A,), said=(_LEAVE,)),
    "clearance names it, before",
)
cell("ring", LATE, agreement(RING), evidence(tracks=(_A,), said=(_LATER,)), "clearance names it")
cell("ring", MISSED, agreement((RING, EXCLUSIVE)), evidence(tracks=(_A,)), "entered at")
cell("ring", IDLE, agreement(RING), evidence(tracks=(_FAR,)), "nothing in these logs")
cell("ring", OPEN, agreement(RING), evidence(tracks=(_A,)), "not the only channel")
cell(
    "ring",
    NONE,
    agreement(RING),
    evidence(
        tracks=(
            msgspec_track := track(
                "N1", (100, 36.0, 39.5, 1000), (700, 36.0, 40.5, 1000), party="CHARLIE"
            ),
        )
    ),
    "CHARLIE is no party",
)

SIDE = c.BoundaryRule(id="C", boundary="B1", side="left", crossing=("clearance",))
_SOUTH = track("F1", (100, 36.2, 40.0, 1000), (700, 35.8, 40.0, 1000))
_LAST = track("F1", (100, 36.0005, 39.5, 1000), (700, 36.0005, 40.5, 1000))
_CROSS = said(1, 150, "clearance", by="BRAVO", to=("ALFA",), fields={"flight": "F1"})
cell(
    "boundary",
    MET,
    agreement(SIDE),
    evidence(tracks=(track("F1", (100, 36.2, 39.5, 1000), (700, 36.2, 40.5, 1000)),)),
    "on the left all the time",
)
cell(
    "boundary",
    LATE,
    agreement(SIDE),
    evidence(tracks=(_SOUTH,), said=(msgspec.structs.replace(_CROSS, at_us=at(600)),)),
    "clearance names it",
)
cell(
    "boundary", MISSED, agreement((SIDE, EXCLUSIVE)), evidence(tracks=(_SOUTH,)), "not on the left"
)
cell("boundary", IDLE, agreement(SIDE), evidence(), "nothing in these logs")
cell("boundary", OPEN, agreement(SIDE), evidence(tracks=(_LAST,)), "by which B1 is uncertain")
cell("boundary", NONE, asserted(SIDE), evidence(tracks=(_SOUTH,)), "asserted by ALFA only")

STAY = c.ZoneRule(id="C", zone="Z1", stay="outside", leave=("clearance",))
cell("zone", MET, agreement(STAY), evidence(tracks=(_FAR,)), "outside but for 0 s")
cell("zone", LATE, agreement(STAY), evidence(tracks=(_A,), said=(_LATER,)), "clearance names it")
cell("zone", MISSED, agreement((STAY, EXCLUSIVE)), evidence(tracks=(_A,)), "inside for")
cell("zone", IDLE, agreement(STAY), evidence(), "nothing in these logs")
cell("zone", OPEN, agreement(STAY), evidence(tracks_held=False), "raw tracks stay with their owner")
cell("zone", NONE, asserted(STAY), evidence(tracks=(_A,)), "asserted by ALFA only")

# ---- zones ---------------------------------------------------------------------------------------

STATUS = c.ZoneStatus(id="C", zone="Z1", may_change=("ALFA",), notice_s=600.0, cold_within_s=300.0)
_HOT = zone_word(1, 100, "hot", from_us=at(700))
cell(
    "zone_status",
    MET,
    agreement(STATUS),
    evidence(zone_words=(_HOT,)),
    "notice 600 s against 600 s",
)
cell(
    "zone_status",
    LATE,
    agreement(STATUS),
    evidence(zone_words=(msgspec.structs.replace(_HOT, from_us=at(160)),)),
    "notice 60 s",
)
cell(
    "zone_status",
    MISSED,
    agreement(STATUS),
    evidence(zone_words=(zone_word(1, 100, "cold", by="BRAVO"),)),
    "only ALFA may change it",
)
cell(
    "zone_status",
    IDLE,
    agreement(STATUS),
    (
        "as of",
        150,
        evidence(
            zone_words=(
                zone_word(1, 100, "cold asked for", by="BRAVO", what="release", to=("ALFA",)),
            )
        ),
    ),
    "not due yet",
)
cell(
    "zone_status",
    OPEN,
    agreement(STATUS),
    evidence(
        held=ALFA_NOT_HELD,
        zone_words=(zone_word(1, 100, "cold asked for", by="BRAVO", what="release", to=("ALFA",)),),
    ),
    "its link is down",
)
cell("zone_status", NONE, asserted(STATUS), evidence(zone_words=(_HOT,)), "asserted by ALFA only")

# ---- priority and yield --------------------------------------------------------------------------

WAY = c.Yield(id="C", within_s=420.0)
_WAY = said(1, 100, "priority.intent", fields={"flight": "MED-1"})
_TAKEN = answer(2, 130, 1)


def _word(seconds: float):
    return said(
        3,
        seconds,
        "priority.yielded",
        by="BRAVO",
        to=("ALFA",),
        of=("message 1",),
        fields={"flight": "MED-1"},
    )


for _kind, _clause in (
    ("yield", WAY),
    ("priority", c.Priority(id="C", order=("MEDEVAC", "routine"), preempt_within_s=420.0)),
):
    cell(
        _kind,
        MET,
        agreement(_clause),
        evidence(said=(_WAY, _word(520)), answers=(_TAKEN,)),
        "420 s against 420 s",
    )
    cell(
        _kind,
        LATE,
        agreement(_clause),
        evidence(said=(_WAY, _word(600)), answers=(_TAKEN,)),
        "500 s against 420 s",
    )
    cell(
        _kind,
        MISSED,
        agreement(_clause),
        evidence(said=(_WAY,), answers=(_TAKEN,)),
        "taken, and no word of it",
    )
    cell(
        _kind,
        IDLE,
        agreement(_clause),
        evidence(said=(_WAY,), answers=(answer(2, 130, 1, word="UNABLE", positive=False),)),
        "refused",
    )
    cell(
        _kind,
        OPEN,
        agreement(_clause),
        evidence(said=(_WAY,), answers=(_TAKEN,), held=STOPPED),
        "it stopped cosigning",
    )
    cell(
        _kind,
        NONE,
        asserted(_clause),
        evidence(said=(_WAY,), answers=(_TAKEN,)),
        "asserted by ALFA only",
    )

# ---- bearer --------------------------------------------------------------------------------------

BEARER = c.Bearer(id="C", delay_s=5.0)  # SAFETY: 10 s, and 5


def _stored(to_s: float | None):
    return said(1, 100, "clearance", received={"BRAVO": had(100, to_s)})


_NOT_STORED = Undelivered(
    cite="ORIGIN 9",
    at_us=at(116),
    by="ALFA",
    agreement="AB",
    of="message 1",
    party="BRAVO",
    duty="stored",
)
cell("bearer", MET, agreement(BEARER), evidence(said=(_stored(115),)), "within 15 s against 15 s")
cell(
    "bearer",
    LATE,
    agreement(BEARER),
    evidence(said=(_stored(130),), undelivered=(_NOT_STORED,)),
    "as ALFA says",
)
cell(
    "bearer",
    MISSED,
    agreement(BEARER),
    evidence(said=(_stored(None),), undelivered=(_NOT_STORED,)),
    "no word of BRAVO",
)
cell(
    "bearer",
    IDLE,
    agreement(BEARER),
    ("as of", 110, evidence(said=(_stored(None),))),
    "not due yet",
)
cell(
    "bearer",
    OPEN,
    agreement(BEARER),
    evidence(said=(_stored(None),)),
    "nothing of BRAVO shows when it had it",
)
cell("bearer", NONE, asserted(BEARER), evidence(said=(_stored(115),)), "asserted by ALFA only")

# ---- frequency -----------------------------------------------------------------------------------

RADIO = c.Frequency(id="C", primary_khz=121_500.0, drill_every_s=43_200.0)


def _radio(seconds: float):
    return call(f"r{seconds:g}", "ALFA", seconds, seconds + 60, subject="radio check")


cell(
    "frequency",
    MET,
    agreement(RADIO),
    evidence(calls=(_radio(40_000), _radio(80_000))),
    "at the longest against 43200 s",
)
cell("frequency", LATE, agreement(RADIO), evidence(calls=(_radio(50_000),)), "at the longest")
cell(
    "frequency",
    MISSED,
    agreement(RADIO),
    evidence(calls=(_radio(10_000),)),
    "without it at the longest",
)
cell("frequency", IDLE, agreement(RADIO), ("as of", 600, evidence()), "not due yet")
cell(
    "frequency",
    OPEN,
    agreement(c.Frequency(id="C", primary_khz=121_500.0)),
    evidence(),
    "what is said by radio is in no log",
)
cell("frequency", NONE, asserted(RADIO), evidence(), "asserted by ALFA only")

# ---- prohibited ----------------------------------------------------------------------------------

NEVER = c.Prohibited(id="C", subjects=("positions of people",), words=("grid",))
cell(
    "prohibited",
    MET,
    agreement(NEVER),
    evidence(said=(_M,)),
    "1 messages, none of what is not exchanged",
)
CANNOT["prohibited", LATE] = "what must not be exchanged was, or was not"
cell(
    "prohibited",
    MISSED,
    agreement(NEVER),
    evidence(said=(said(1, 100, "clearance", subject="positions of people"),)),
    "is not exchanged",
)
cell("prohibited", IDLE, agreement(NEVER), evidence(), "nothing in these logs")
cell(
    "prohibited",
    OPEN,
    agreement(NEVER),
    evidence(said=(said(1, 100, "free.text", text="the Grid is"),)),
    "people must read what is meant",
)
cell(
    "prohibited",
    NONE,
    asserted(NEVER),
    evidence(said=(said(1, 100, "clearance", subject="positions of people"),)),
    "asserted by ALFA only",
)

# ---- incidents -----------------------------------------------------------------------------------

REPORT = c.IncidentReport(id="C", initial="PT6H", final="PT12H", content=("facts", "measures"))
_ASKED = said(1, 100, "demand", fields={"about": "what happened"})


def _report(seconds: float, **fields: str):
    return said(
        2, seconds, "report.share", by="BRAVO", to=("ALFA",), of=("message 1",), fields=fields
    )


cell(
    "incident_report",
    MET,
    agreement(REPORT),
    evidence(said=(_ASKED, _report(20_000, facts="f", measures="m"))),
    "final report after",
)
cell(
    "incident_report",
    LATE,
    agreement(REPORT),
    evidence(said=(_ASKED, _report(30_000, facts="f", measures="m"))),
    "initial report after",
)
cell(
    "incident_report",
    MISSED,
    agreement(REPORT),
    evidence(said=(_ASKED, _report(20_000, facts="f"))),
    "without measures",
)
cell("incident_report", IDLE, agreement(REPORT), ("as of", 200, evidence(said=(_ASKED,))), "due at")
cell(
    "incident_report",
    OPEN,
    agreement(REPORT),
    evidence(said=(_ASKED,), held=STOPPED),
    "it stopped cosigning",
)
cell("incident_report", NONE, asserted(REPORT), evidence(said=(_ASKED,)), "asserted by ALFA only")

# ---- disclosure ----------------------------------------------------------------------------------

SHOWN = c.Disclosure(
    id="C",
    of=("humanitarian.notice",),
    to=("BRAVO",),
    precision_m=1000.0,
    precise_m=10.0,
    precise_before_s=3600.0,
)
_ROUGH = {"centre": "36.0,40.0", "precision": "1000 m", "window": f"{text(20_000)}/{text(30_000)}"}


def _shown(*, to=("BRAVO",), seconds: float = 100, **fields: str):
    return evidence(said=(said(1, seconds, "humanitarian.notice", to=to, fields=_ROUGH | fields),))


cell(
    "disclosure", MET, agreement(SHOWN), _shown(seconds=17_000, precision="10"), "so near before it"
)
CANNOT["disclosure", LATE] = "what was told too soon, too finely or to another was not kept back"
cell("disclosure", MISSED, agreement(SHOWN), _shown(precision="10 m"), "no finer than 1000 m")
cell("disclosure", IDLE, agreement(SHOWN), evidence(said=(_M,)), "nothing in these logs")
cell("disclosure", OPEN, agreement(SHOWN), _shown(precision="near"), "does not say how precise")
cell("disclosure", NONE, asserted(SHOWN), _shown(precision="10 m"), "asserted by ALFA only")

# ---- dispute -------------------------------------------------------------------------------------

DISPUTE = c.Dispute(id="C", within_s=600.0)
_NO = said(1, 100, "objection")
cell(
    "dispute",
    MET,
    agreement(DISPUTE),
    evidence(said=(_NO,), answers=(answer(2, 300, 1, word="AFFIRM"),)),
    "200 s against 600 s",
)
cell(
    "dispute",
    LATE,
    agreement(DISPUTE),
    evidence(said=(_NO,), answers=(answer(2, 900, 1, word="AFFIRM"),)),
    "800 s against 600 s",
)
cell("dispute", MISSED, agreement(DISPUTE), evidence(said=(_NO,)), "no answer of BRAVO")
cell("dispute", IDLE, agreement(DISPUTE), ("as of", 200, evidence(said=(_NO,))), "not due yet")
cell("dispute", OPEN, agreement(DISPUTE), evidence(said=(_NO,), held=NOTHING_HELD), "not held here")
cell("dispute", NONE, lapsed(DISPUTE), evidence(said=(_NO,)), "not in force")

# ---- intents -------------------------------------------------------------------------------------

LIMITS = c.IntentLimits(id="C", standing_max=1, ahead_s=3600.0, longest_s=7200.0, area_m2=1e9)
cell(
    "intent_limits",
    MET,
    agreement(LIMITS),
    evidence(planned=(planned("I1", 100, 1000, 2000),)),
    "within what one party may hold",
)
CANNOT["intent_limits", LATE] = "an intent is within the limits when it is filed, or it is not"
cell(
    "intent_limits",
    MISSED,
    agreement(LIMITS),
    evidence(planned=(planned("I1", 100, 1000, 2000), planned("I2", 200, 3000, 3500))),
    "intents standing: 2 intents against 1",
)
cell("intent_limits", IDLE, agreement(LIMITS), evidence(), "nothing in these logs")
cell(
    "intent_limits",
    OPEN,
    agreement(LIMITS),
    evidence(
        hidden=(
            Hidden(cite="ORIGIN 5", at_us=at(10), by="BRAVO", agreement="AB", type="intent.filed"),
        )
    ),
    "sealed for others",
)
cell(
    "intent_limits",
    NONE,
    asserted(LIMITS),
    evidence(planned=(planned("I1", 100, 1000, 2000),)),
    "asserted by ALFA only",
)

# ---- units ---------------------------------------------------------------------------------------

UNITS = c.Distribution(id="C", units={"BRAVO": ("bravo-1",)}, before_s=600.0, loaded=True)
_TOLD = _notice(1, 100, 2000)  # due at 1400
cell(
    "distribution",
    MET,
    agreement(UNITS),
    evidence(said=(_TOLD,), units_told=(unit_told(1400, 1, loaded=True),)),
    "told by its own word",
)
cell(
    "distribution",
    LATE,
    agreement(UNITS),
    evidence(
        said=(_TOLD,), units_told=(unit_told(1500, 1, loaded=True, voice=True, says_us=at(900)),)
    ),
    "it was to have been at",
)
cell(
    "distribution",
    MISSED,
    agreement(UNITS),
    evidence(said=(_TOLD,), units_told=(unit_told(900, 1),)),
    "no word that it has loaded it",
)
cell("distribution", IDLE, agreement(UNITS), ("as of", 300, evidence(said=(_TOLD,))), "due at")
cell(
    "distribution",
    OPEN,
    agreement(UNITS),
    evidence(said=(_TOLD,), held=STOPPED),
    "it stopped cosigning",
)
cell("distribution", NONE, asserted(UNITS), evidence(said=(_TOLD,)), "asserted by ALFA only")

# ---- standing notices ----------------------------------------------------------------------------

STANDING = c.StandingNotice(id="C", reconfirm_every_s=30_000.0, of=("humanitarian.notice",))
_STANDS = said(1, 100, "humanitarian.notice")


def _again(*seconds: float):
    return tuple(
        Confirmed(
            cite=f"confirmation {s:g}",
            at_us=at(s),
            by="ALFA",
            agreement="AB",
            of="message 1",
            until_us=at(s + 9e4),
        )
        for s in seconds
    )


cell(
    "standing_notice",
    MET,
    agreement(STANDING),
    evidence(said=(_STANDS,), confirmed=_again(30_000, 59_000)),
    "confirmed after",
)
cell(
    "standing_notice",
    LATE,
    agreement(STANDING),
    evidence(said=(_STANDS,), confirmed=_again(40_000, 69_000)),
    "39900 s at the longest",
)
cell(
    "standing_notice",
    MISSED,
    agreement(STANDING),
    evidence(said=(_STANDS,), confirmed=_again(20_000)),
    "stale",
)
cell(
    "standing_notice",
    IDLE,
    agreement(STANDING),
    ("as of", 500, evidence(said=(_STANDS,))),
    "due at",
)
cell(
    "standing_notice",
    OPEN,
    agreement(STANDING),
    evidence(said=(_STANDS,), held=ALFA_NOT_HELD),
    "its link is down",
)
cell(
    "standing_notice", NONE, asserted(STANDING), evidence(said=(_STANDS,)), "asserted by ALFA only"
)

# ---- words ---------------------------------------------------------------------------------------

TERM = c.Term(id="C", text="with good will")
cell("term", OPEN, agreement(TERM), evidence(), "only people can judge it")
cell("term", NONE, asserted(TERM), evidence(), "asserted by ALFA only")
for _outcome in (MET, LATE, MISSED, IDLE):
    CANNOT["term", _outcome] = "words that nobody measures are never judged"

INCIDENT = Incident(
    cite="ORIGIN 3",
    at_us=at(500),
    by="ALFA",
    agreement="AB",
    incident="INC-1",
    kind="near",
    from_us=at(100),
    to_us=at(200),
)
THREE = (Party(id="ALFA"), Party(id="BRAVO"), Party(id="CHARLIE"))
