"""The questions of `parley agreement new`, and the letter of agreement that the answers make.

A first user has a cell, a range and a neighbour, and no document. Rules: each answer is read by the
form that will read the document, so that a wrong one is told at once; what is written is commented,
and read back before it is given out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parley.app.agreement_files import read_clean
from parley.wire.agreement_text import toml_value
from parley.world.agreement import check_name
from parley.world.document_forms import CalendarDuration, Form, Instant, Limit, Measured, Text
from parley.world.document_geometry import Point
from parley.world.document_schedules import BEGINS, DAYS, ENDS, ZONE_NAME
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.time import format_instant
from parley.world.units import DURATION, HEIGHT, LENGTH, quantity_text
from parley.world.watch_hours import parse_hours

_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """One question: under which key its answer stands, what is asked, what is usual."""

    key: str
    asks: str
    usual: str
    form: Form

    def read(self, answer: str) -> str:
        """Return the answer, having read it as the document will be read.

        Raises:
            InputFault: it cannot be understood.
        """
        answer = answer.strip()
        if self.key.endswith("_id"):
            check_name(answer, self.asks)
        elif self.key == "hours":
            parse_hours(answer, self.asks)
        else:
            _read(self.form, answer, self.asks)
        return answer


def _read(form: Form, answer: str, what: str) -> None:
    from parley.world.document_forms import NOTHING

    form.read(answer, what, NOTHING)


@dataclass(frozen=True, slots=True)
class _Listed:
    """Names apart by ", "."""

    words: tuple[str, ...] = ()

    def read(self, value: object, path: str, reading: object) -> tuple[str, ...]:
        del reading
        names = tuple(each.strip() for each in str(value).split(","))
        for name in names:
            if not name or (self.words and name not in self.words):
                wanted = f"some of {', '.join(self.words)}" if self.words else "names"
                raise InputFault(path, value=name, wanted=wanted, repair='apart by ", "')
        return names

    def schema(self) -> dict[str, object]:
        return {"type": "string"}

    def write(self, value: object) -> object:
        return value


def _feet(length_ft: float) -> str:
    return f"{length_ft:g} ft"


def questions(now_us: int) -> tuple[Question, ...]:
    """Return the questions in their order; dates begin with the next day."""
    from_us = (now_us // _DAY_US + 1) * _DAY_US
    state = norms().separation["state_aircraft"]
    urgent = next(each for each in norms().classes if each.name == "URGENT")
    names, text = _Listed(), Text()
    lasts, far, high = Measured(DURATION), Measured(LENGTH), Measured(HEIGHT)
    answer = quantity_text(urgent.answered_s, DURATION)
    dwell = quantity_text(state.dwell_s or 0.0, DURATION)
    suspended = quantity_text(norms().line.suspension_notice_s, DURATION)
    asked: tuple[tuple[str, str, str, Form], ...] = (
        ("agreement_id", "Short name of the letter, no blanks", "LOA-1", text),
        ("title", "Its title", "Letter of agreement on a range", text),
        ("from", "It applies from", format_instant(from_us), Instant()),
        ("to", "It applies to", format_instant(from_us + 730 * _DAY_US - 1_000_000), Instant()),
        ("cell_id", "Short name of the civil-military cell", "CELL", text),
        ("cell_name", "Its full name", "Civil-military airspace cell", text),
        ("cell_posts", "Its posts, as they are called in turn", "supervisor, commander", names),
        ("range_id", "Short name of the range", "RANGE", text),
        ("range_name", "Its full name", "The range", text),
        ("range_posts", "Its posts", "range-control, range-commander", names),
        ("range_units", "Its units that must be told", "range-tower", names),
        ("neighbour_id", "Short name of the neighbour", "NEIGHBOUR", text),
        ("neighbour_name", "Its full name", "Control centre of the neighbouring State", text),
        ("neighbour_posts", "Its posts", "shift-leader, duty-officer", names),
        ("neighbour_units", "Its units that must be told", "sector", names),
        ("hours", "Hours in which the line is attended", "24/7", text),
        ("test_every", "How often the line is tested", "12 h", lasts),
        ("centre", "Middle of the range", "44.5200N 15.3000E", Point()),
        ("radius", "How far the range reaches", "8 NM", far),
        ("lower", "From which height", "SFC", Limit()),
        ("upper", "Up to which height", "10000 ft AMSL", Limit()),
        ("timezone", "Time zone of its hours", "UTC", ZONE_NAME),
        ("days", "On which days it is used", "mon, tue, wed, thu, fri", _Listed(DAYS)),
        ("begins", "From when", "08:00", BEGINS),
        ("ends", "Until when", "16:00", ENDS),
        ("lead", "How long before is other use notified", "30 min", lasts),
        ("emergency_lead", "And in an emergency", "0 s", lasts),
        ("answered", "Urgent messages are answered within", answer, lasts),
        ("horizontal", "State aircraft keep apart by", f"{state.horizontal_nm:g} NM", far),
        ("vertical", "Or in height by", _feet(state.vertical_ft), high),
        ("dwell", "Inside both for at most", dwell, lasts),
        ("suspension", "A party suspends with a notice of", suspended, lasts),
        ("initial", "First report of an incident within", "24 h", CalendarDuration()),
        ("final", "Final report within", "30 days", CalendarDuration()),
    )  # fmt: skip
    return tuple(Question(*each) for each in asked)


def answered(
    asked: tuple[Question, ...], given: Mapping[str, object] | None, ask: Callable[[Question], str]
) -> dict[str, str]:
    """Return an answer to each question: as given, or as somebody says.

    Args:
        asked: the questions.
        given: answers of a file; a question that it leaves out has its usual answer.
        ask: asks a person; called where nothing is given at all.

    Raises:
        InputFault: an answer in the file that belongs to no question, or cannot be understood.
    """
    known = [each.key for each in asked]
    for key in given or {}:
        if key not in known:
            raise InputFault("answers key", value=key, wanted=f"one of {', '.join(known)}")
    found = {}
    for each in asked:
        answer = ask(each) if given is None else str(given.get(each.key, each.usual))
        found[each.key] = each.read(answer)
    return found


def letter_toml(answers: Mapping[str, str]) -> str:
    """Return the letter of agreement, commented, that these answers make.

    Raises:
        InputFault: the answers do not fit each other (an end before its beginning).
    """
    quoted = {key: toml_value(value) for key, value in answers.items()}
    lists = {
        key: toml_value([each.strip() for each in answers[key].split(",")])
        for key in answers
        if key.endswith(("_posts", "_units")) or key == "days"
    }
    first = {key: toml_value(answers[key].split(",")[0].strip()) for key in lists}
    zone = toml_value(f"{answers['range_id']}-AREA")
    text = _TEMPLATE.format(q=quoted, l=lists, first=first, zone=zone)
    read_clean(text.encode(), "letter.toml")
    return text


_TEMPLATE = """\
# A letter of agreement, as its makers answered. Every number carries its unit.
# Check it with `parley agreement check` and have it read by whoever signs. As the first text it is
# named in every party's node.toml; in place of another one: `parley agreement propose`.
format = "parley-agreement/1"

id = {q[agreement_id]}
title = {q[title]}
valid = {{ from = {q[from]}, to = {q[to]} }}

# ---- who: parties sign; posts are duty positions in the order in which they are called ----

[[parties]]
id = {q[cell_id]}
name = {q[cell_name]}
posts = {l[cell_posts]}

[[parties]]
id = {q[range_id]}
name = {q[range_name]}
posts = {l[range_posts]}
units = {l[range_units]}

[[parties]]
id = {q[neighbour_id]}
name = {q[neighbour_name]}
posts = {l[neighbour_posts]}
units = {l[neighbour_units]}

# ---- classes of aircraft, as this letter means them ----

[[aircraft_classes]]
id = "state"
text = "Aircraft of a State"
kinds = ["manned"]

# ---- where and when: inside its hours the range is hot, and whenever nobody says otherwise ----

[[zones]]
id = {zone}
kind = "notified area"
name = {q[range_name]}
shape = {{ circle = {{ centre = {q[centre]}, radius = {q[radius]} }} }}
lower = {q[lower]}
upper = {q[upper]}
owner = {q[range_id]}
schedule = {{ timezone = {q[timezone]}, windows = [
  {{ begins = {q[begins]}, ends = {q[ends]}, days = {l[days]} }},
] }}

# ---- the line: its ends are posts, not people ----

[[lines]]
id = "LINE-1"
ends = [
  {{ party = {q[cell_id]}, post = {first[cell_posts]} }},
  {{ party = {q[range_id]}, post = {first[range_posts]} }},
  {{ party = {q[neighbour_id]}, post = {first[neighbour_posts]} }},
]
hours = {q[hours]}
test_every = {q[test_every]}

# ---- clauses: one matter each, with the paragraph of the signed text ----

[[clauses]]
kind = "watch"
id = "1"
source_paragraph = "1"
text = "The posts of the line are attended in its hours."
hours = {q[hours]}

[[clauses]]
kind = "line_test"
id = "2"
source_paragraph = "2"
text = "The line is tested."
every = {q[test_every]}

# Without "escalate" the posts of whoever was asked are called in turn, by the times of the norms.
# One list of posts for three parties would call posts that two of them do not have.
[[clauses]]
kind = "acknowledgement"
id = "3"
source_paragraph = "3"
text = "Urgent messages are answered, else the next posts are called."
message_class = "URGENT"
within = {q[answered]}

[[clauses]]
kind = "read_back"
id = "4"
source_paragraph = "3"
text = "Areas, levels and times are read back."
within = "120 s"

[[clauses]]
kind = "notification"
id = "5"
source_paragraph = "4"
text = "Use outside of the hours is notified before."
of = ["area.notice"]
lead = {q[lead]}
emergency_lead = {q[emergency_lead]}

# On silence the range is hot: there is no number for it.
[[clauses]]
kind = "zone_status"
id = "6"
source_paragraph = "5"
text = "The range says hot and cold; on silence it is hot."
zone = {zone}
may_change = [{q[range_id]}]
notice = {q[lead]}

[[clauses]]
kind = "separation"
id = "7"
source_paragraph = "6"
text = "State aircraft keep apart on the map or in height."
horizontal = {q[horizontal]}
vertical = {q[vertical]}
dwell = {q[dwell]}
class_pairs = [["state", "state"]]

[[clauses]]
kind = "distribution"
id = "8"
source_paragraph = "7"
text = "The named units have every notice before what it announces."
units = {{ {q[range_id]} = {l[range_units]}, {q[neighbour_id]} = {l[neighbour_units]} }}

[[clauses]]
kind = "suspension"
id = "9"
source_paragraph = "8"
text = "Each party may suspend; what is about lives passes always."
notice = {q[suspension]}

[[clauses]]
kind = "incident_report"
id = "10"
source_paragraph = "9"
text = "Incidents are reported."
initial = {q[initial]}
final = {q[final]}

# Whether silence in the logs decides: only where no other channel exists.
[[clauses]]
kind = "exclusive_channel"
id = "11"
source_paragraph = "10"
text = "Calls outside of the register are possible."
value = false
"""
