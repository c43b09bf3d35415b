from __future__ import annotations

import re
import subprocess
import sys

import pytest
import typer

from app.twonodes import environment, parley, parley_here
from parley.app.cli import main as program
from parley.world.faults import InputFault

HEAVY = ("numba", "numpy", "pyarrow", "shapely", "pyproj", "starlette", "uvicorn", "sqlite3")


def loaded_by(*arguments):
    """Return the heavy modules that a run of the command line imports."""
    code = (
        "import sys; sys.argv = ['parley', *sys.argv[1:]]\n"
        "from parley.app.cli.main import main\n"
        "try:\n main()\nexcept SystemExit:\n pass\n"
        f"print('LOADED', *[m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, env=environment(), check=True,
    )  # fmt: skip
    return re.search(r"LOADED(.*)", done.stdout)[1].split()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["node", "--help"], ["nothing"]])
def test_listing_the_commands_imports_nothing_heavy(arguments):
    assert loaded_by(*arguments) == []


def test_the_list_says_what_each_command_says_of_itself():
    group = typer.main.get_command(program.app)
    listed = parley("--help").stdout
    for name, command in group.commands.items():
        later = program.COMMANDS[name]
        assert (command.help or "").strip().splitlines()[0] == later.help, name
        assert name in listed


def commands_of(command, path=()):
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands_of(child, (*path, name))


def test_no_word_of_a_help_is_eaten_as_markup():
    """The help is printed by rich, which takes [words] in brackets for its own and drops them."""
    for path, command in commands_of(typer.main.get_command(program.app)):
        texts = [command.help or "", *(getattr(each, "help", "") or "" for each in command.params)]
        assert not [text for text in texts if re.search(r"\[[a-z#/@\[]", text)], path


def test_python_m_parley_is_the_same_program():
    done = parley("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"parley \d+\.\d+\.\d+\n", done.stdout)


def test_a_command_that_is_not_there_is_bad_usage():
    done = parley("vrify", "x")
    assert done.returncode == 2
    assert "vrify" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["detct", "x"], ["'detect'", "see parley --help"]),
        (["detect"], ["FILE", "see parley detect --help"]),
        (["detect", "--mimina", "5NM,1000ft", "x.csv"], ["--minima"]),
        (["demo", "--speed", "0"], ["--speed", "0.1"]),
    ],
)
def test_bad_usage_is_one_line_that_names_the_help(capsys, arguments, words):
    code, out, err = parley_here(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert all(word in err for word in words), err


def test_a_command_ends_with_the_exit_code_that_it_gives(capsys, tmp_path):
    (tmp_path / "x.pack").write_bytes(b"no pack")
    code, _, err = parley_here(capsys, "verify", tmp_path / "x.pack")
    assert (code, err.count("\n")) == (1, 1)
    assert parley_here(capsys)[::2] == (2, "")


def test_a_fault_is_one_line_and_exit_2(capsys, monkeypatch):
    def fail(**_):
        raise InputFault("tracks.csv row 12 latitude", value=100, wanted="-90..90", repair="fix it")

    monkeypatch.setattr(program, "app", fail)
    code, out, err = parley_here(capsys)
    assert (code, out) == (2, "")
    assert err == "parley: tracks.csv row 12 latitude is 100, wanted -90..90; fix it\n"


def test_a_bug_is_one_line_with_its_report_and_no_frames(capsys, monkeypatch, tmp_path):
    def fail(**_):
        raise KeyError("somewhere")

    monkeypatch.setattr(program, "app", fail)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    code, out, err = parley_here(capsys, "say", "--text", "private words")
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    (report,) = tmp_path.iterdir()
    assert str(report) in err
    assert report.stat().st_mode & 0o777 == 0o600
    assert "KeyError: 'somewhere'" in report.read_text()
    assert "private words" not in report.read_text()
