"""`parley log`: the logs of a node, from its store, from the running node, or from a pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

if TYPE_CHECKING:
    from parley.app.evidence import PackRequest
    from parley.app.silence_proof import Asker, SilenceProof
    from parley.review.pack import Release
    from parley.review.silence_words import SilenceAnswer, SilenceQuestion
    from parley.store.sqlite import Store

log = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="List, check, export, ask the logs of a node.\n\nExit codes: 0 fine, 1 the answer is no:"
    " the store is damaged, a proof proves nothing, a question is undecided; 2 bad usage or input.",
)
_STORE = typer.Argument(
    metavar="STORE", help="The node's folder, TOML file or store file; the node must not run."
)
_SOURCE = typer.Argument(
    metavar="STORE",
    help="The node's folder, TOML file or store file; a running node's address; or a pack.",
)
_DIGITS_MAX = 18
_ZIP_MAGIC = b"PK\x03\x04"
"""How a pack begins, whatever its name: taken for a store it would read as a damaged one."""
_ORIGIN = typer.Argument(metavar="LOG", help="The log's origin, as parley log list prints it.")
_INDEX = typer.Argument(metavar="INDEX", help="The entry's place in it, from 0.")


def _open(path: Path, *, or_address: bool = True) -> Store:
    """Return the store of a node that does not run; never a new one.

    Args:
        path: the node's folder, its TOML file, or the store itself.
        or_address: whether the command takes a running node's address as well.
    """
    from parley.app.config import NodeConfig, read_config
    from parley.store.sqlite import Store
    from parley.world.faults import InputFault, OurFault

    config: NodeConfig | None = None
    path = path / "node.toml" if path.is_dir() else path
    if path.suffix == ".toml":
        config = read_config(path)
        path = path.parent / config.store
    if not path.is_file():
        raise InputFault(f"store {path}", value="not there", wanted="a node's store file")
    try:
        return Store(path, check=False)
    except OurFault as fault:
        if fault.value != "held by another process":
            raise
        address = "the address that it printed"
        if config is not None and config.http is not None and config.http.port:
            address = f"http://{config.http.host}:{config.http.port}"
        repair = f"if its node runs, give {address}, or stop it" if or_address else "stop its node"
        wanted = "the store of a node that does not run"
        raise InputFault(fault.what, value=fault.value, wanted=wanted, repair=repair) from None


def _is_address(text: str) -> bool:
    """Whether a running node is meant: http://..., or host:port where no file has that name."""
    if text.startswith("http://"):
        return True
    host, _, port = text.rpartition(":")
    return bool(host) and "/" not in text and port.isdigit() and not Path(text).exists()


def _pack_request(
    release: str, types: list[str], parties: list[str], shown: list[str], title: str
) -> PackRequest:
    import msgspec

    from parley.app.evidence import PackRequest, Selection
    from parley.world.faults import InputFault

    if (types or parties) and release != "redacted":
        raise InputFault("--release", value=release, wanted="redacted, with what is shown")
    if release == "redacted" and not (types or parties or shown):
        raise InputFault(
            "--release",
            value=release,
            wanted="what is shown: --show-type, --show-party or --show; sealed shows nothing",
        )
    entries = []
    for text in shown:
        origin, _, index = text.rpartition(":")
        if not origin or not index.isascii() or not index.isdigit() or len(index) > _DIGITS_MAX:
            raise InputFault("--show", value=text, wanted="LOG:INDEX")
        entries.append((origin, int(index)))
    selection = Selection(types=tuple(types), parties=tuple(parties), entries=tuple(entries))
    try:
        return msgspec.convert(
            {"release": release, "selection": msgspec.to_builtins(selection), "title": title},
            PackRequest,
        )
    except msgspec.ValidationError as error:
        raise InputFault("--release", value=release, wanted=str(error)) from None


def _exported(address: str, agreement: str) -> bytes:
    """Return what a running node exports."""
    from urllib.parse import quote

    from parley.app.client import Client

    query = f"?agreement={quote(agreement, safe='')}" if agreement else ""
    url = address if address.startswith("http://") else f"http://{address}"
    return Client(url, None).get_bytes(f"/api/export{query}")


def _pack_of(source: str, agreement: str = "") -> bytes | None:
    """Return the pack that a source is or exports, None where it is a store."""
    from parley.app.config import read_bytes
    from parley.review.verify import PACK_BYTES_MAX

    if _is_address(source):
        return _exported(source, agreement)
    path = Path(source)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        if path.suffix != ".zip" and file.read(len(_ZIP_MAGIC)) != _ZIP_MAGIC:
            return None
    return read_bytes(path, "pack", PACK_BYTES_MAX)


@log.command(name="list")
def list_logs(
    store: Annotated[str, _SOURCE],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Print each log with its size, the root of its newest signed head, and its cosigners.

    Exit codes: 0 printed, 2 no such store, or held by a running node (give its address).
    """
    import msgspec

    from parley.app.evidence import log_lines, stored_logs
    from parley.app.proving import packed_logs
    from parley.review.verify import open_evidence

    data = _pack_of(store)
    if data is not None:
        found = packed_logs(open_evidence(data).pack)
    else:
        with _open(Path(store)) as opened:
            found = stored_logs(opened)
    if as_json:
        for each in found:
            typer.echo(msgspec.json.encode(each).decode())
    else:
        typer.echo("\n".join(log_lines(found)))


@log.command()
def fsck(store: Annotated[str, _STORE]) -> None:
    """Check every entry of every log against the signed heads.

    Exit codes: 0 sound, 1 damaged (the line names log and entry), 2 no such store.
    """
    from parley.world.faults import InputFault, OurFault

    if _is_address(store):
        wanted = "the store of a node that does not run: it checks what stands on the disk"
        raise InputFault("STORE", value=store, wanted=wanted)
    with _open(Path(store), or_address=False) as opened:
        try:
            sizes = opened.fsck()
        except OurFault as fault:
            typer.echo(f"parley: {fault}", err=True)
            raise typer.Exit(1) from None
    for origin, size in sorted(sizes.items()):
        typer.echo(f"{origin}: {size} {'entry' if size == 1 else 'entries'}, sound")


@log.command()
def export(
    store: Annotated[
        str,
        typer.Argument(
            metavar="STORE",
            help="The node's folder, TOML file or store file; or, for a running node, its address.",
        ),
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The pack to write.")],
    agreement: Annotated[str, typer.Option(help="Only the logs under this agreement.")] = "",
    release: Annotated[
        str,
        typer.Option(help="Payloads: full (all held), sealed (none), redacted (those shown)."),
    ] = "full",
    show_type: Annotated[
        list[str] | None,
        typer.Option(help="Redacted: show payloads of this entry type, e.g. message.said."),
    ] = None,
    show_party: Annotated[
        list[str] | None, typer.Option(help="Redacted: show payloads of this party.")
    ] = None,
    show: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LOG:INDEX",
            help="Show this payload; the only way to show one that was for a named audience.",
        ),
    ] = None,
    title: Annotated[str, typer.Option(help="Words to its reader.")] = "",
) -> None:
    """Write the evidence pack: own logs, copies of the peers', signed heads and cosignatures.

    Anybody can check it offline with `parley verify`. What is not shown stays in it sealed: the
    proofs hold. A running node exports all that it holds; the other forms are made from its store.
    How many payloads stand open in it is told on stderr: whoever gets it can read them.

    Exit codes: 0 written, 2 no such store, or one that a running node holds (give its address).
    """
    from parley.app.evidence import make_pack
    from parley.app.proving import check_selection
    from parley.review.verify import read_pack
    from parley.world.faults import InputFault

    asked = _pack_request(release, show_type or [], show_party or [], show or [], title)
    if _is_address(store):
        if asked != _pack_request("full", [], [], [], ""):
            raise InputFault("STORE", value=store, wanted="a store for anything but a full export")
        data = _exported(store, agreement)
    else:
        with _open(Path(store)) as opened:
            check_selection(opened, asked.selection)
            data = make_pack(opened, agreement or None, asked)
    _write_pack(output, data, sum(len(each.openings) for each in read_pack(data).logs))


@log.command()
def prove(
    store: Annotated[str, _SOURCE],
    origin: Annotated[str, _ORIGIN],
    index: Annotated[int, _INDEX],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the proof here, not to stdout."),
    ] = None,
    entry: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the entry's exact bytes here: both are handed on."
        ),
    ] = None,
) -> None:
    """Print the proof of one entry: a C2SP tlog-proof file, with the cosignatures of its mirrors.

    With the entry's bytes and the keys anybody can check it offline: parley log check-proof, or
    other people's tools.

    Exit codes: 0 made, 2 no such log or entry.
    """
    from parley.app.config import write_bytes
    from parley.app.proving import prove_packed, prove_stored
    from parley.review.verify import open_evidence

    data = _pack_of(store)
    if data is not None:
        made = prove_packed(open_evidence(data).pack, origin, index)
    else:
        with _open(Path(store)) as opened:
            made = prove_stored(opened, origin, index)
    if entry is not None:
        write_bytes(entry, made.entry, "entry")
    if output is not None:
        write_bytes(output, made.proof, "proof")
    else:
        typer.echo(made.proof.decode(), nl=False)
    held = f"cosigned by {', '.join(made.cosigners)}" if made.cosigners else "cosigned by nobody"
    typer.echo(f"entry {index} of {origin} under its head of {made.size}, {held}", err=True)


@log.command(name="check-proof")
def check_proof(
    proof: Annotated[Path, typer.Argument(metavar="PROOF", help="What parley log prove wrote.")],
    entry: Annotated[Path, typer.Argument(metavar="ENTRY", help="The entry's exact bytes.")],
    *,
    key: Annotated[
        list[str],
        typer.Option(
            metavar="VKEY",
            help="The log's key, from its owner; and the key of each mirror that must hold it.",
        ),
    ],
) -> None:
    """Check the proof of one entry, offline, with keys that you have from their owners.

    Exit codes: 0 proven, 1 not proven, 2 bad usage or input.
    """
    from parley.app import proving
    from parley.app.config import read_bytes
    from parley.world.faults import PeerFault
    from parley.world.limits import ENTRY_BYTES_MAX, NOTE_BYTES_MAX

    proof_bytes = read_bytes(proof, "proof", NOTE_BYTES_MAX)
    entry_bytes = read_bytes(entry, "entry", ENTRY_BYTES_MAX)
    try:
        proven = proving.check_proof(proof_bytes, entry_bytes, key)
    except PeerFault as fault:
        typer.echo(f"parley: {proof}: not proven: {fault}", err=True)
        raise typer.Exit(1) from None
    typer.echo("\n".join(proving.proven_lines(proven)))


@log.command()
def time(
    store: Annotated[str, _SOURCE],
    origin: Annotated[str, _ORIGIN],
    index: Annotated[int, _INDEX],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print when an entry was written: not before, claimed, not after, each with whose word it is.

    Exit codes: 0 the claim fits, 1 it lies outside its bounds, 2 no such log or entry.
    """
    import msgspec

    from parley.app.proving import packed_time, stored_time
    from parley.review.verify import open_evidence

    data = _pack_of(store)
    if data is not None:
        bounds = packed_time(open_evidence(data), origin, index)
    else:
        with _open(Path(store)) as opened:
            bounds = stored_time(opened, origin, index)
    typer.echo(msgspec.json.encode(bounds).decode() if as_json else "\n".join(bounds.lines()))
    if bounds.doubts:
        raise typer.Exit(1)


@log.command()
def silence(
    store: Annotated[str, _SOURCE],
    *,
    agreement: Annotated[str, typer.Option(help="The agreement, by its id.")],
    from_time: Annotated[
        str,
        typer.Option("--from", metavar="TIME", help="Start of the window: an instant or a day."),
    ],
    to_time: Annotated[
        str, typer.Option("--to", metavar="TIME", help="End of the window, inclusive.")
    ],
    line: Annotated[str, typer.Option(help="On this line.")] = "",
    party: Annotated[str, typer.Option(help="Said by this party.")] = "",
    addressee: Annotated[str, typer.Option(help="Said to this party.")] = "",
    subject: Annotated[str, typer.Option(help="With this subject code.")] = "",
    message_type: Annotated[str, typer.Option("--type", help="Of this message type.")] = "",
    message_class: Annotated[str, typer.Option("--class", help="Of this message class.")] = "",
    answers: Annotated[bool, typer.Option("--answers", help="Answers count too.")] = False,
    release: Annotated[
        str,
        typer.Option(
            help="Payloads of the entries around the window: full (all held), redacted (only the "
            "agreement's text), sealed (none)."
        ),
    ] = "full",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the proof: a pack to hand on."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask whether something was said: found, not in these logs, or undecided and why.

    The answer is that of complete logs between heads that others cosigned, and is no wider than
    those logs: "nothing was sent" only where the agreement makes them the exclusive channel.

    A message or a telephone call is asked for, with --answers an answer as well; what else a party
    said in the window is counted beside the answer. A call counts by when it happened. The pack of
    -o shows what was said around the window, unless --release closes it; then a message that fits
    but for its words leaves it undecided.

    Of a node that does not run, given by its folder or TOML file, the own mirror key says now how
    large the peers' logs are here.

    Exit codes: 0 decided, one way or the other; 1 undecided, or the record is not intact; 2 bad
    usage or input.
    """
    import msgspec

    from parley.review.silence_words import answer_lines
    from parley.world.faults import PeerFault

    asked = {
        "line": line, "party": party, "addressee": addressee, "subject": subject,
        "message_type": message_type, "message_class": message_class,
    }  # fmt: skip
    question = _question(agreement, from_time, to_time, asked, answers=answers)
    try:
        proof = _silence(store, question, _release(release))
    except PeerFault as fault:
        typer.echo(f"parley: {store}: not intact: {fault}", err=True)
        raise typer.Exit(1) from None
    if output is not None:
        _write_pack(output, proof.pack, proof.opened_count)
    answer = proof.answer
    typer.echo(msgspec.json.encode(answer).decode() if as_json else "\n".join(answer_lines(answer)))
    if _is_address(store):
        _hint_running(answer)
    if not answer.is_decided:
        raise typer.Exit(1)


def _question(
    agreement: str, from_time: str, to_time: str, asked: dict[str, str], *, answers: bool
) -> SilenceQuestion:
    from parley.review.silence_words import USE_KINDS, question_from_values
    from parley.world.time import parse_when

    values = {name: value for name, value in asked.items() if value}
    values["agreement"] = agreement
    values["from_us"] = str(parse_when(from_time, what="--from").from_us)
    values["to_us"] = str(parse_when(to_time, what="--to").to_us)
    values["kinds"] = " ".join((*USE_KINDS, "message.answered") if answers else USE_KINDS)
    return question_from_values(values)


def _release(text: str) -> Release:
    import msgspec

    from parley.review.pack import Release
    from parley.world.faults import InputFault

    try:
        release: Release = msgspec.convert(text, Release)
    except msgspec.ValidationError:
        wanted = f"one of {', '.join(get_args(Release))}"
        raise InputFault("--release", value=text, wanted=wanted) from None
    return release


def _write_pack(output: Path, data: bytes, opened_count: int) -> None:
    """Write a pack, and say how much of what was said is handed on with it."""
    from parley.app.config import write_bytes

    write_bytes(output, data, "pack")
    words = "no payload stands open in it"
    if opened_count:
        stand = "payload stands" if opened_count == 1 else "payloads stand"
        words = f"{opened_count} {stand} open in it (--release chooses)"
    typer.echo(f"{output}: {len(data)} bytes; {words}", err=True)


def _hint_running(answer: SilenceAnswer) -> None:
    """Say why a running node may know more than it exports: what it gave to others is not here."""
    open_logs = [log.origin for log in answer.logs if not log.until and not log.ended]
    if open_logs:
        typer.echo(
            "parley: a running node exports the cosignatures that it was given, not those that it "
            "gave; stop it and ask its folder: its mirror key then says how large its peers' logs "
            "are here",
            err=True,
        )


def _silence(source: str, question: SilenceQuestion, release: Release) -> SilenceProof:
    from parley.app.clock import wall_clock
    from parley.app.silence_proof import prove_packed_silence, prove_silence

    data = _pack_of(source, question.agreement)
    if data is not None:
        return prove_packed_silence(data, question, release=release)
    with _open(Path(source)) as opened:
        return prove_silence(
            opened, question, asker=_asker(Path(source)), made_us=wall_clock(), release=release
        )


def _asker(path: Path) -> Asker | None:
    """Return who asks, where the node's keys are at hand: with a bare store file they are not."""
    from parley.app.clock import wall_clock
    from parley.app.config import read_config
    from parley.app.keyfile import read_keys
    from parley.app.silence_proof import Asker
    from parley.world.faults import InputFault

    path = path / "node.toml" if path.is_dir() else path
    if path.suffix != ".toml":
        return None
    config = read_config(path)
    try:
        keys = read_keys(path.parent / config.keys, config.party)
    except InputFault as fault:
        typer.echo(f"parley: without this node's own word: {fault}", err=True)
        return None
    return Asker(mirror=keys.mirror, now_us=wall_clock())


@log.command()
def hammer(
    *,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="An empty folder for the store; a temporary one without it."
        ),
    ] = None,
    writers: Annotated[int, typer.Option(help="Threads that queue entries.")] = 8,
    readers: Annotated[int, typer.Option(help="Threads that read and check.")] = 4,
    entries: Annotated[int, typer.Option(help="End after so many entries.")] = 10_000,
    seconds: Annotated[float, typer.Option(help="End after so many seconds.")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Load a fresh log with writers and readers, check everything that is read, then all of it.

    It shows what this machine's disk gives, and that nothing acknowledged is lost or shown wrongly
    under load. Never on a node's store.

    Exit codes: 0 no fault, 1 faults (each is named), 2 bad usage, or the disk does not take it.
    """
    import os
    import tempfile

    import msgspec

    from parley.app.hammer import HammerPlan, run_hammer
    from parley.trust.keys import SEED_BYTES

    plan = HammerPlan(writers=writers, readers=readers, entries=entries, seconds_s=seconds)
    seed = os.urandom(SEED_BYTES)
    if folder is not None:
        report = run_hammer(folder, plan, seed=seed)
    else:
        with tempfile.TemporaryDirectory(prefix="parley-hammer-") as name:
            report = run_hammer(Path(name), plan, seed=seed)
    typer.echo(msgspec.json.encode(report).decode() if as_json else "\n".join(report.lines()))
    if report.faults_count:
        raise typer.Exit(1)
