"""What units of this party said that they saw: kept here, for the post, and sent to nobody.

Rules:
- A report is one unit's own word by its own token. It stands in no log and no other party sees it:
  a post says it, as an `incursion.report` of its own, or puts it aside with a reason.
- It waits until somebody did one of the two; nothing but a message that this party's log has can
  end it as said.
- Lines are added to one file, each on the disk before the unit is told so. A line cut off by a loss
  of power was told to nobody.
- Every unit has its quota; a report is small; the oldest that wait for nothing are forgotten.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from parley.app.private_files import read_private, write_private
from parley.world.agreement import check_post
from parley.world.faults import InputFault
from parley.world.time import format_second

FILE_NAME = "unit-reports"
WAITING_MAX = 10
"""Reports of one unit that wait at the same time."""
HOUR_MAX = 30
"""Reports of one unit in an hour."""
CLOSED_KEPT_MAX = 500
TWICE_US = 60_000_000
"""The same words again within a minute are a button pressed twice."""
_FILE_BYTES_MAX = 32_000_000
_HOUR_US = 3_600_000_000
_SEEN_CHARACTERS_MAX = 500
_WHERE_CHARACTERS_MAX = 200
_SHORT_CHARACTERS_MAX = 64
_REASON_CHARACTERS_MAX = 300


ReportState = Literal["waits", "said", "put aside"]


class UnitSaw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a unit saw, in its own words.

    `flight`: the callsign, where it is known. `seen`: what was seen. `where`: in words, or as
    degrees of latitude and longitude. `when_us`: when it was seen; None: as it was told. `zone`:
    the area that it went into. `notice`: the notice that it is about.
    """

    flight: str = ""
    seen: str = ""
    where: str = ""
    when_us: int | None = None
    zone: str = ""
    notice: tuple[str, int] | None = None

    def check(self, now_us: int) -> None:
        """Check that it can be a report.

        Raises:
            InputFault: nothing was seen, no place, a time to come, or too many words.
        """
        limits = {
            "flight": _SHORT_CHARACTERS_MAX, "seen": _SEEN_CHARACTERS_MAX,
            "where": _WHERE_CHARACTERS_MAX, "zone": _SHORT_CHARACTERS_MAX,
        }  # fmt: skip
        for name, most in limits.items():
            text = getattr(self, name)
            if len(text) > most or not text.isprintable():
                wanted = f"one line of {most} printable characters at most"
                raise InputFault(f"report {name}", value=text[:80], wanted=wanted)
        if not self.flight.strip() and not self.seen.strip():
            raise InputFault("report", value="of nothing", wanted="a callsign, or what was seen")
        if not self.where.strip() and not self.zone.strip():
            raise InputFault("report where", wanted="where it was, or which area it went into")
        if self.when_us is not None and not now_us - 24 * _HOUR_US <= self.when_us <= now_us:
            raise InputFault("report when", value=self.when_us, wanted="within the last day")


class UnitReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit's report, and what became of it.

    `told_us`: when the unit told it. `state`: "waits" for a post; "said" as the message `said_as`
    of this party; "put aside" by a post, with its reason. `by`: the post that did so.
    """

    id: str
    unit: str
    told_us: int
    saw: UnitSaw
    state: ReportState = "waits"
    by: str = ""
    ended_us: int | None = None
    said_as: tuple[str, int] | None = None
    reason: str = ""


@dataclass(slots=True)
class UnitReports:
    """The reports of one node's units.

    Args:
        path: of the file; it need not be there yet.

    Raises:
        InputFault: the file is damaged, or readable by others.
    """

    path: Path
    _kept: dict[str, UnitReport] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.path.exists():
            return
        text = read_private(self.path, f"file {self.path}", bytes_max=_FILE_BYTES_MAX)
        for line in text.split("\n")[:-1]:  # after the last line break stands what was cut off
            try:
                report = msgspec.json.decode(line, type=UnitReport)
            except msgspec.MsgspecError:
                raise InputFault(
                    f"file {self.path}",
                    value="damaged",
                    wanted="reports of units",
                    repair="read it, tell the post what it has, and move it away",
                ) from None
            self._kept[report.id] = report
        self._kept = _newest(self._kept)
        write_private(self.path, b"".join(map(_line, self._kept.values())))

    # ---- reading --------------------------------------------------------------------------------

    def waiting(self) -> tuple[UnitReport, ...]:
        """Return the reports that wait for a post, the oldest first."""
        return tuple(each for each in self._kept.values() if each.state == "waits")

    def newest(self, count: int) -> tuple[UnitReport, ...]:
        """Return the reports that wait, and after them as many of the others, newest first."""
        ended = [each for each in self._kept.values() if each.state != "waits"]
        ended.sort(key=lambda each: each.ended_us or 0, reverse=True)
        return (*self.waiting(), *ended[:count])

    def of_unit(self, unit: str, count: int) -> tuple[UnitReport, ...]:
        """Return a unit's own reports, newest first."""
        own = [each for each in self._kept.values() if each.unit == unit]
        return tuple(sorted(own, key=lambda each: each.told_us, reverse=True)[:count])

    # ---- writing --------------------------------------------------------------------------------

    def tell(self, unit: str, saw: UnitSaw, now_us: int) -> UnitReport:
        """Return a unit's new report, once it is on the disk; the same again is the same report.

        Raises:
            InputFault: it cannot be one, the unit has told too many, or the disk does not take it.
        """
        saw.check(now_us)
        own = [each for each in self._kept.values() if each.unit == unit]
        waiting = [each for each in own if each.state == "waits"]
        for each in waiting:
            if each.saw == saw and now_us - each.told_us < TWICE_US:
                return each
        if len(waiting) >= WAITING_MAX:
            raise InputFault(
                "reports",
                value=f"{len(waiting)} wait for the post already",
                wanted=f"{WAITING_MAX} at most",
                repair="tell your post by voice",
            )
        if sum(now_us - each.told_us < _HOUR_US for each in own) >= HOUR_MAX:
            wanted = f"{HOUR_MAX} in an hour at most"
            raise InputFault("reports", wanted=wanted, repair="tell your post by voice")
        report = UnitReport(id=secrets.token_hex(8), unit=unit, told_us=now_us, saw=saw)
        self._add(report)
        return report

    def said(self, name: str, post: str, key: tuple[str, int], now_us: int) -> UnitReport:
        """Return a report that a post has said: as this message, which its caller has looked at.

        Raises:
            InputFault: no such report, or it waits no more.
        """
        report = self._waits(name, post)
        done = msgspec.structs.replace(report, state="said", by=post, ended_us=now_us, said_as=key)
        self._add(done)
        return done

    def put_aside(self, name: str, post: str, reason: str, now_us: int) -> UnitReport:
        """Return a report that a post says to nobody, with its reason.

        Raises:
            InputFault: no such report, it waits no more, or no reason.
        """
        report = self._waits(name, post)
        if not 0 < len(reason.strip()) <= _REASON_CHARACTERS_MAX or not reason.isprintable():
            wanted = f"one line of 1 to {_REASON_CHARACTERS_MAX} characters"
            raise InputFault("report reason", value=reason[:80], wanted=wanted)
        done = msgspec.structs.replace(
            report, state="put aside", by=post, ended_us=now_us, reason=reason.strip()
        )
        self._add(done)
        return done

    def _waits(self, name: str, post: str) -> UnitReport:
        check_post(post, "post")
        report = self._kept.get(name)
        if report is None:
            raise InputFault("report", value=name[:40], wanted="one that this node has")
        if report.state != "waits":
            value = f"{report.state} by {report.by}"
            raise InputFault("report", value=value, wanted="one that waits")
        return report

    def _add(self, report: UnitReport) -> None:
        size = self.path.stat().st_size if self.path.exists() else 0
        try:
            handle = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(_line(report))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):  # half a line would spoil the next one
                os.truncate(self.path, size)
            raise InputFault(
                f"file {self.path.name}",
                value=error.strerror,
                wanted="a writable disk",
                repair="tell your post by voice: it was not kept",
            ) from None
        self._kept[report.id] = report
        self._kept = _newest(self._kept)


def _line(report: UnitReport) -> bytes:
    return msgspec.json.encode(report) + b"\n"


def _newest(kept: dict[str, UnitReport]) -> dict[str, UnitReport]:
    """Return what is kept: all that wait, and the newest of those that do not."""
    ended = sorted(_ended(kept.values()), key=lambda each: each.ended_us or 0)
    gone = {each.id for each in ended[: max(0, len(ended) - CLOSED_KEPT_MAX)]}
    return {name: each for name, each in kept.items() if name not in gone} if gone else kept


def _ended(reports: Iterable[UnitReport]) -> list[UnitReport]:
    return [each for each in reports if each.state != "waits"]


def reports_lines(waiting: Iterable[UnitReport]) -> list[str]:
    """Return in one line each what units saw and no post has said; sent to nobody yet."""
    found = []
    for each in waiting:
        saw = each.saw
        words = [saw.flight, saw.seen, saw.where, saw.zone]
        told = ", ".join(word for word in words if word)
        found.append(
            f"UNIT {each.unit} SAW, SENT TO NOBODY ({format_second(each.told_us)}): {told}"
        )
    return found
