"""`parley agreement check`, `new`, `show` and `schema`: documents before they are adopted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from parley.app.letter_questions import Question
    from parley.world.agreement import Agreement
    from parley.world.faults import InputFault

_NODE_FILE = typer.Option(
    "--node", metavar="FILE", help="A node's TOML file: are the keys of every party enrolled?"
)


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="TOML, YAML or JSON.")],
    *,
    node: Annotated[Path | None, _NODE_FILE] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Faults only, no summary.")] = False,
) -> None:
    """Read agreements, say in sentences what was understood, and tell everything wrong.

    Several documents are compared: where two of them bind the same parties and say different things
    of one matter, both are shown. The SHA-256 is that of the canonical document, the one that is
    adopted, whatever it was written in.

    Exit codes: 0 can be adopted, 1 a contradiction or a fault that makes it unusable, 2 unreadable.
    """
    import time

    from parley.app.agreement_files import read_agreement_file
    from parley.world.agreement_checks import contradictions, faults_of
    from parley.world.agreement_document import canonical_document

    now_us = time.time_ns() // 1_000
    read: list[tuple[Path, Agreement]] = []
    unreadable = wrong = False
    for path in files:
        found = read_agreement_file(path)
        _tell(found.faults, f"{path}")
        if found.agreement is None:
            unreadable = True
            continue
        read.append((path, found.agreement))
        adopted = canonical_document(found.agreement)
        if not quiet:
            _print_summary(path, found.agreement, adopted, now_us)
        faults = [
            *_rules(found.agreement),
            *faults_of(found.agreement, now_us, adopted),
            *_keys(found.agreement, node),
        ]
        _tell(faults, f"{path}")
        wrong = wrong or bool(faults)
    for number, (path, one) in enumerate(read):
        for other_path, other in read[number + 1 :]:
            for each in contradictions(one, other):
                wrong = True
                at = [f" clause {c}" if c else "" for c in each.clauses]
                _print(
                    f"contradiction about {each.about}: {path}{at[0]} says {each.first}; "
                    f"{other_path}{at[1]} says {each.second}"
                )
    if unreadable or wrong:
        raise typer.Exit(2 if unreadable else 1)


def _print(line: str, *, err: bool = False) -> None:
    from parley.app.page_html import visible

    # A line stays one: a text with a line break in it could look like a line of ours.
    typer.echo(visible(line).replace("\n", "\\n"), err=err)


def _tell(faults: list[InputFault] | tuple[InputFault, ...], name: str) -> None:
    for fault in faults:
        line = str(fault)
        _print(line if line.startswith(name) else f"{name}: {line}", err=True)


def _print_summary(path: Path, agreement: Agreement, adopted: str, now_us: int) -> None:
    import hashlib

    from parley.app.agreement_summary import summary_lines
    from parley.world.agreement_checks import notes_of

    _print(f"{path}")
    for line in (*summary_lines(agreement), *notes_of(agreement, now_us)):
        _print(f"  {line}")
    size = len(adopted.encode())
    _print(f"  SHA-256 as adopted {hashlib.sha256(adopted.encode()).hexdigest()} ({size} bytes)")


def _rules(agreement: Agreement) -> list[InputFault]:
    """Return a fault where the document pins rules that this release does not have."""
    from parley.node.versions import RULES_LATEST, rules_of
    from parley.world.faults import InputFault

    try:
        rules_of(agreement.rules_version)
    except InputFault as fault:
        repair = f"write rules_version = {RULES_LATEST}, or leave it out"
        what = "rules_version"
        return [InputFault(what, value=fault.value, wanted=fault.wanted, repair=repair)]
    return []


def _keys(agreement: Agreement, node: Path | None) -> list[InputFault]:
    """Return a fault for each signatory whose keys a node does not have."""
    from parley.app.config import read_config
    from parley.world.faults import InputFault

    if node is None:
        return []
    config = read_config(node)
    known = {config.party, *(peer.party for peer in config.peer)}
    return [
        InputFault(
            f"party {party.id} key", value="none", wanted=f"a [[peer]] of {node}",
            repair=f"paste there what parley node init printed for {party.id}",
        )
        for party in agreement.parties
        if party.standing == "signatory" and party.bound_through is None and party.id not in known
    ]  # fmt: skip


def new(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Answers by key, as TOML; the usual one where left out."),
    ] = None,
) -> None:
    """Ask the questions of a letter of agreement, and write it with comments.

    It is about a civil-military cell, a range and a neighbour. What is usual stands in brackets;
    the numbers are those of the norms. Nothing that exists is overwritten.

    Exit codes: 0 written, 2 an answer that cannot be used, or a file that is there already.
    """
    import time
    import tomllib

    from parley.app.agreement_files import read_file_bytes
    from parley.app.letter_questions import answered, letter_toml, questions
    from parley.world.faults import InputFault

    given = None
    if answers is not None:
        try:
            given = tomllib.loads(read_file_bytes(answers, 65_536).decode("utf-8"))
        except ValueError as error:
            raise InputFault(f"{answers}", value=str(error), wanted="TOML") from None
    text = letter_toml(answered(questions(time.time_ns() // 1_000), given, _ask))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        repair = "take another name"
        wanted = "a name that is not there yet"
        raise InputFault(f"{output}", value=error.strerror, wanted=wanted, repair=repair) from None
    typer.echo(f"wrote {output}; next: parley agreement check {output}")


def _ask(question: Question) -> str:
    """Return what a person answers, asked again until it can be understood."""
    from parley.world.faults import InputFault

    while True:
        answer: str = typer.prompt(question.asks, default=question.usual, err=True)
        try:
            return question.read(answer)
        except InputFault as fault:
            _print(f"{fault}", err=True)


def show(
    name: Annotated[str, typer.Argument(metavar="FILE|NAME", help="A file, or with --node an id.")],
    *,
    node: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A node's TOML file: an agreement that it starts with."),
    ] = None,
    canonical: Annotated[
        bool, typer.Option("--canonical", help="The document that is adopted, in SI units.")
    ] = False,
) -> None:
    """Print an agreement as TOML with units, whatever it was written in.

    Exit codes: 0 printed, 2 unreadable, or no such agreement.
    """
    from parley.app.agreement_files import read_agreement_file
    from parley.wire.agreement_text import agreement_toml
    from parley.world.agreement_document import canonical_document
    from parley.world.faults import InputFault

    if node is not None:
        from parley.app.config import load_node

        held = load_node(node).identity.agreements
        if name not in held:
            known = ", ".join(sorted(held)) or "none"
            raise InputFault("agreement", value=name, wanted=f"one of {node}: {known}")
        agreement = held[name]
    else:
        read = read_agreement_file(Path(name))
        if read.agreement is None:
            _tell(read.faults, name)
            raise typer.Exit(2)
        agreement = read.agreement
    text = canonical_document(agreement) + "\n" if canonical else agreement_toml(agreement)
    typer.echo(text, nl=False)


def schema() -> None:
    """Print the JSON Schema of an agreement's document.

    Exit codes: 0 printed, 2 bad usage.
    """
    import json

    from parley.world.agreement_document import agreement_schema

    typer.echo(json.dumps(agreement_schema(), indent=1, ensure_ascii=False))
