"""`parley bundle`: the line by file, where there is no network: make, take, show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import JSON, NODE, TOKEN, client_of, print_rows

if TYPE_CHECKING:
    from parley.app.bundle_taking import BundleTaken
    from parley.app.client import Client
    from parley.wire.bundle import Bundle, BundleFrame, BundleHeader

bundle = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Carry the line by file: a stick, or e-mail.\n\nA bundle (`.parley-bundle`) holds what "
    "one party has for another: entries under their signed heads, and receipts. Payloads are "
    "encrypted for the addressee. It gives no presence, and deadlines keep running.",
)
_FILE = typer.Argument(metavar="FILE", help="A .parley-bundle.")


@bundle.command()
def make(
    *,
    node: Annotated[str, NODE],
    to: Annotated[str, typer.Option(metavar="PARTY", help="For whom.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The new file.")],
    most: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="How long it may be, such as 200kB: lines come first."),
    ] = None,
    goes_on: Annotated[
        bool,
        typer.Option(
            "--next", help="Begin where the last one made ended, not where the peer stood."
        ),
    ] = False,
    token: Annotated[Path | None, TOKEN] = None,
) -> None:
    """Write one file with what a party lacks, and our receipts for what it has sent.

    It begins where that party is known to stand: one that is lost loses nothing, make another.

    Exit codes: 0 made, and all of it fits; 1 made, and some found no room; 2 bad usage or input.
    """
    body: dict[str, object] = {"goes_on": goes_on}
    if most is not None:
        body["most_bytes"] = bytes_of(most)
    header = _made(client_of(node, token), to, out, body)
    if header.left:
        raise typer.Exit(1)


def _made(client: Client, to: str, out: Path, body: dict[str, object]) -> BundleHeader:
    from urllib.parse import quote

    from parley.app.bundle_frames import read_bundle

    _require_new(out)
    data = client.post_for_bytes(f"/api/bundles/{quote(to, safe='')}", body)
    made = read_bundle(data)
    _write(out, data)
    lines = [f"{out}: {_title(made.header)}, {len(data)} bytes", *_holds(made)]
    if made.header.left:
        lines.append(
            f"  {made.header.left} entries found no room: make the next with --next, or after the "
            "answer came back"
        )
    peer = made.header.peer
    if not made.header.seal_known and made.header.left:
        lines.append(f"  payloads for {peer} must wait: take a bundle of {peer} first")
    print_rows((), lines, as_json=False)
    return made.header


@bundle.command()
def take(
    file: Annotated[Path, _FILE],
    *,
    node: Annotated[str, NODE],
    answer: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Write the bundle that goes back, with the receipts."),
    ] = None,
    most: Annotated[
        str | None, typer.Option(metavar="SIZE", help="How long the one that goes back may be.")
    ] = None,
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Take a bundle in, and say what it gave and what is missing.

    Taking one twice changes nothing. Nothing is believed for the file: every entry is checked
    against its writer's signed head, as over a link.

    Exit codes: 0 all of it is here; 1 something is missing, waits or was refused; 2 bad usage or
    input, or no bundle for this node.
    """
    from parley.app.bundle_taking import BundleTaken
    from parley.app.config import read_bytes
    from parley.wire.bundle import BUNDLE_BYTES_MAX

    if answer is not None:
        _require_new(answer)
    client = client_of(node, token)
    data = read_bytes(file, "bundle", BUNDLE_BYTES_MAX)
    taken = client.post_file("/api/bundles", data, BundleTaken)
    print_rows([taken], taken_lines(taken), as_json=as_json)
    if answer is not None:
        body: dict[str, object] = {"most_bytes": bytes_of(most)} if most is not None else {}
        _ = _made(client, taken.party, answer, body)
    if not taken.complete:
        raise typer.Exit(1)


@bundle.command()
def show(file: Annotated[Path, _FILE], *, as_json: Annotated[bool, JSON] = False) -> None:
    """Print what is in a bundle: from whom, for whom, which entries. No node and no key is asked.

    It says what stands there, not that it is true: the node that takes it checks that.

    Exit codes: 0 whole and undamaged; 2 bad usage or input, or damaged, with the place.
    """
    from parley.app.bundle_frames import read_bundle
    from parley.app.config import read_bytes
    from parley.wire.bundle import BUNDLE_BYTES_MAX

    found = read_bundle(read_bytes(file, "bundle", BUNDLE_BYTES_MAX))
    lines = [f"{_title(found.header)}; whole, undamaged, not verified here", *_header_lines(found)]
    for frame in found.frames:
        lines += _frame_lines(frame)
    lines += _receipt_lines(found.frames)
    print_rows([found.header], lines, as_json=as_json)


# ---- words --------------------------------------------------------------------------------------


def bytes_of(text: str) -> int:
    """Return a size in bytes from text such as 200kB, 1.5MB or 4096.

    Raises:
        InputFault: it is none.
    """
    from parley.world.faults import InputFault

    units = {"": 1, "b": 1, "k": 1000, "kb": 1000, "m": 1_000_000, "mb": 1_000_000}
    number = text.strip().rstrip("bBkKmM")
    unit = text.strip()[len(number) :].lower()
    digits = number.strip().replace(".", "", 1)
    if unit not in units or not digits.isascii() or not digits.isdigit() or len(digits) > 12:
        raise InputFault("--most", value=text, wanted="a size such as 200kB or 4MB")
    return round(float(number) * units[unit])


def taken_lines(taken: BundleTaken) -> list[str]:
    """Return what a bundle gave, in lines."""
    from parley.world.limits import PEER_ENTRIES_AHEAD_S
    from parley.world.time import format_second

    again = ", taken before" if taken.again else ""
    made = format_second(taken.name.made_us)
    whole = "all of it is here" if taken.complete else "NOT ALL OF IT IS HERE"
    lines = [f"bundle {taken.name.number} of {taken.party}, made {made}{again}: {whole}"]
    for log in taken.logs:
        waits = f", {log.waits} wait for the rest of their batch" if log.waits else ""
        lines.append(
            f"  {log.origin}: {log.taken} new, {log.here} were here, {log.held} held{waits}"
        )
    if taken.ahead:
        lines.append(f"  urgent entries ahead of their log: {taken.ahead}")
    receipts = _count(taken.receipts, "receipt of an entry", "receipts of entries")
    cosigned = _count(taken.cosignatures, "cosignature", "cosignatures")
    lines.append(f"  for what we said: {receipts}, {cosigned}")
    if taken.ahead_s > PEER_ENTRIES_AHEAD_S:
        lines.append(f"  the clock of {taken.party} was {taken.ahead_s} s ahead of ours")
    lines += [f"  {note}" for note in taken.notes]
    if taken.left:
        lines.append(f"  {taken.party} had {taken.left} entries more, which found no room")
    if taken.fault is not None:
        lines.append(f"  REFUSED: {taken.fault}")
    return lines


def _title(header: BundleHeader) -> str:
    from parley.world.time import format_second

    made = format_second(header.name.made_us)
    return f"bundle {header.name.number} of {header.party} for {header.peer}, made {made}"


def _holds(found: Bundle) -> list[str]:
    """Return in one line what a bundle holds."""
    from parley.node.frames import Ahead, Push, Received

    entries = sum(len(each.entries) for each in found.frames if isinstance(each, Push))
    ahead = sum(isinstance(each, Ahead) for each in found.frames)
    received = sum(isinstance(each, Received) for each in found.frames)
    cosigned = found.header.parts - received - ahead
    cosigned -= sum(isinstance(each, Push) for each in found.frames)
    first = f" and {ahead} urgent ahead of their log" if ahead else ""
    counted = (
        _count(entries, "entry", "entries") + first,
        _count(received, "receipt of an entry", "receipts of entries"),
        _count(cosigned, "cosignature", "cosignatures"),
    )
    return [f"  {', '.join(counted)}"]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _header_lines(found: Bundle) -> list[str]:
    header = found.header
    lines = _holds(found)
    if header.after is not None:
        lines.append(f"  goes on from bundle {header.after.number}")
    if header.taken is not None:
        lines.append(f"  {header.party} has taken bundle {header.taken.number} of {header.peer}")
    if header.left:
        lines.append(f"  {header.left} entries found no room in it")
    return lines


def _frame_lines(frame: BundleFrame) -> Sequence[str]:
    from parley.node.frames import Ahead, Push, Receipt

    if isinstance(frame, Push):
        last = frame.first + len(frame.entries) - 1
        lines = [f"{frame.origin} {frame.first} to {last}, {len(frame.box)} bytes of payloads"]
        return [*lines, *(_entry_line(i, e) for i, e in enumerate(frame.entries, frame.first))]
    if isinstance(frame, Ahead):
        line = _entry_line(frame.index, frame.entry)
        return [f"{frame.origin}, ahead of its log, {len(frame.box)} bytes of payload", line]
    if isinstance(frame, Receipt):
        return [f"cosignature: {frame.origin} up to {frame.size}"]
    return []


def _receipt_lines(frames: Iterable[BundleFrame]) -> list[str]:
    """Return the receipts of single entries, those that follow each other as one."""
    from parley.node.frames import Received

    runs: list[tuple[str, int, int]] = []
    receipts = [frame for frame in frames if isinstance(frame, Received)]
    for each in sorted(receipts, key=lambda one: (one.origin, one.index)):
        if runs and runs[-1][0] == each.origin and each.index <= runs[-1][2] + 1:
            runs[-1] = (each.origin, runs[-1][1], each.index)
        else:
            runs.append((each.origin, each.index, each.index))
    return [
        f"receipts: {origin} {first}" + (f" to {last}" if last > first else "")
        for origin, first, last in runs
    ]


def _entry_line(index: int, data: bytes) -> str:
    """Return what the outside of an entry says: its bytes may be anything."""
    from parley.trust.bytes import read_entry_object
    from parley.world.faults import Fault
    from parley.world.time import format_second

    try:
        found = read_entry_object(data)
    except Fault as fault:
        return f"  {index} unreadable: {fault}"
    at_us = found.get("issued_us")
    at = format_second(at_us) if isinstance(at_us, int) else "at no time"
    sealed = "sealed" if "commit" in found else "plain"
    return f"  {index} {found.get('type')} by {found.get('by')} {at}, {sealed}"


# ---- files --------------------------------------------------------------------------------------


def _require_new(path: Path) -> None:
    from parley.world.faults import InputFault

    if path.exists():
        raise InputFault(f"file {path}", value="there already", wanted="a new name")


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and through to the stick: it is pulled out at once."""
    import os

    from parley.world.faults import InputFault

    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise InputFault(f"file {path}", value=error.strerror, wanted="a writable place") from None
