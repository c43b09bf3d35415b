"""Where a demo is told: story lines, remarks and the summary, on a terminal or in a file.

On a terminal long lines wrap under their own column; elsewhere one line of the story is one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parley.app.demo_conductor import Summary
from parley.app.demo_story import Line, clock_text, span_text
from parley.node.entries import ORIGIN_PREFIX
from parley.world.time import datetime_from_us

_WHO_WIDTH = 26


class RichScreen:
    """Tells a story on a console.

    Args:
        console: where; a file or a pipe gets plain lines.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._day = ""

    def tell(self, line: Line) -> None:
        """Show a line of the story, under its day."""
        day = datetime_from_us(line.at_us).strftime("%A %d %B %Y")
        if day != self._day:
            self._day = day
            self.say(day, "bold underline")
        self._row(clock_text(line.at_us), line.who, line.text, line.style)

    def _row(self, at: str, who: str, text: str, style: str) -> None:
        if not self._console.is_terminal:
            self._console.print(Text(f"{at}  {who:<{_WHO_WIDTH}}  {text}"), soft_wrap=True)
            return
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=len(at), style="dim")
        grid.add_column(width=_WHO_WIDTH, overflow="fold")
        grid.add_column(overflow="fold")
        grid.add_row(at, Text(who, style=style), Text(text, style=style))
        self._console.print(grid)

    def say(self, text: str, style: str = "") -> None:
        """Show a remark of the demo itself."""
        self._console.print(Text(text, style=style), soft_wrap=True)

    def addresses(self, rows: list[tuple[str, str, str, int]]) -> None:
        """Show each node: party, name, page, process id."""
        for party, name, page, pid in rows:
            self.say(f"  {party:<12} {page or 'no page':<26} {name} (pid {pid})")

    def summary(self, summary: Summary) -> None:
        """Show what a story came to."""
        self.say("")
        self.say(f"Summary of {summary.scenario}", "bold underline")
        for name, text in summary_rows(summary):
            self.say(f"  {name:<26}{text}")
        good = "yes: every node of an agreement holds the same" if summary.digests_agree else "NO"
        style = "bold green" if summary.digests_agree else "bold red"
        self.say(f"  {'peers agree':<26}{good}", style)
        for difference in summary.disagreements:
            self.say(f"    {difference}", "bold red")


def summary_rows(summary: Summary) -> list[tuple[str, str]]:
    """Return the summary as rows of a name and a text; what did not come up is left out."""
    facts = summary.facts
    speed = f"{summary.simulated_s_per_s:.0f} x real time"
    span = span_text(round(summary.simulated_s))
    receipts = f"{summary.receipts} with the receipt of it"
    return [
        *(_message_rows(summary) if facts.messages else []),
        ("alerts raised", _counted(facts.alerts_raised)),
        ("alerts over", str(facts.alerts_resolved)),
        *_rows("line at the end", summary.lines),
        *_rows("zone at the end", summary.zones),
        ("entries", f"{sum(summary.logs.values())} in {len(summary.logs)} logs"),
        *_rows("  of these", _largest(summary.logs)),
        ("copies at peers", f"{summary.mirrored} of {summary.copies} whole, {receipts}"),
        ("nodes started again", str(summary.restarts)),
        *_rows("link down", summary.links_down),
        ("first event after", f"{summary.first_event_s:.1f} s"),
        ("time", f"{span} in {summary.wall_s:.1f} s: {speed}, {summary.steps} steps"),
    ]


def _message_rows(summary: Summary) -> list[tuple[str, str]]:
    facts = summary.facts
    matched = f"{facts.read_backs_matched} matched, {facts.read_backs_mismatched} mismatched"
    several = [f"{n} {of}" for n, of in facts.acknowledged.items() if not of.endswith(" of 1")]
    return [
        ("messages", f"{facts.messages} sent, {len(summary.refused)} refused"),
        *_rows("refused", summary.refused),
        *_rows("query before sending", summary.queries),
        ("answers in time", str(facts.answered_in_time)),
        *_rows("answer late", facts.late),
        *_rows("never answered", facts.missed),
        *_rows("acknowledged", several),
        ("posts called", str(facts.escalations)),
        ("read-backs", matched),
        *_rows("unit not told", summary.units_not_told),
    ]


def _rows(name: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, text) for text in texts]


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def _largest(logs: dict[str, int], count: int = 4) -> list[str]:
    ordered = sorted(logs.items(), key=lambda item: (-item[1], item[0]))
    return [
        f"{PurePosixPath(origin).relative_to(ORIGIN_PREFIX)} {size}"
        for origin, size in ordered[:count]
    ]
