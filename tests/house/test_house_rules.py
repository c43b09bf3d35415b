"""House rules over the source: each test runs a checker on the tree and on a bad snippet."""

from __future__ import annotations

import ast
import functools
from collections import Counter

import pytest

from house import checkers
from house.tree import ROOMS, SRC, TOP, findings, own_files, refuse, source_files
from parley.world.phrases import phrases

PURE_ROOMS = [r for r in ROOMS if r != "app"]
FILELESS_ROOMS = [r for r in PURE_ROOMS if r != "store"]
READS_PACKAGE_DATA = {
    "src/parley/world/norms.py": "reads its own data file of the package",
    "src/parley/world/phrases.py": "reads its own data file of the package",
}


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_no_clock_and_no_randomness_outside_app(room):
    refuse(findings(source_files(room), checkers.clock_and_randomness))


@pytest.mark.parametrize(
    "bad",
    [
        "import time",
        "from time import monotonic",
        "import random",
        "from secrets import token_bytes",
        "import uuid",
        "import os\nseed = os.urandom(32)",
        "import numpy as np\nx = np.random.normal()",
        "from numpy import random",
        "from datetime import UTC, datetime\nat = datetime.now(UTC)",
        "from datetime import date\nd = date.today()",
        "key = Ed25519PrivateKey.generate()",
        "import asyncio\nawait asyncio.sleep(1)",
    ],
)
def test_the_clock_checker_bites(bad):
    assert checkers.clock_and_randomness(bad)


def test_the_clock_checker_knows_parleys_own_time():
    assert checkers.clock_and_randomness("from parley.world.time import Interval") == []
    assert checkers.clock_and_randomness("from parley.world import time") == []
    assert checkers.clock_and_randomness("agenda.sleep(thread, until_us)") == []
    assert checkers.clock_and_randomness("def step(state, now_us):\n    return now_us") == []


def test_no_files_outside_app_and_store():
    files = [
        p
        for p in source_files(*FILELESS_ROOMS)
        if p.relative_to(TOP).as_posix() not in READS_PACKAGE_DATA
    ]
    refuse(findings(files, checkers.file_access))


@pytest.mark.parametrize("bad", ["open('x')", "Path('x').read_text()", "p.write_bytes(b'')"])
def test_the_file_checker_bites(bad):
    assert checkers.file_access(bad)


def test_float_names_end_in_a_unit():
    refuse(findings(source_files(), checkers.float_names))


@pytest.mark.parametrize(
    "bad",
    [
        "def f(distance: float) -> None: ...",
        "def f(*, speed: float | None = None) -> None: ...",
        "def radius() -> float: ...",
        "class A:\n    altitude: float",
        "class A:\n    altitudes: tuple[float, ...]",
        "LIMIT: float = 3.0",
        "LIMIT = 3.0",
        "class A:\n    heights: NDArray[np.float64]",
        "def f(height: 'float') -> None: ...",
    ],
)
def test_the_unit_checker_bites(bad):
    assert checkers.float_names(bad)


@pytest.mark.parametrize(
    "good",
    [
        "def distance_m(a: Position, lat_deg: float) -> float: ...",
        "def metres_from_feet(length_ft: float) -> float: ...",
        "class A:\n    ack_s_max: float = 3.0\n    count: int = 0",
        "METRES_PER_FOOT = 0.3048",
        "def f(table: NDArray[np.float64], point: tuple[float, float]) -> None: ...",
        "def f(table: dict[str, float]) -> None: ...",
        "def f(rule: Callable[[float], float]) -> None: ...",
    ],
)
def test_the_unit_checker_lets_good_names_pass(good):
    assert checkers.float_names(good) == []


@pytest.mark.row("S39")
def test_names_never_hold_the_words_parley_does_not_model():
    refuse(findings(source_files(), checkers.banned_identifiers))


@pytest.mark.row("S39")
def test_texts_never_hold_those_words_nor_promise_safety():
    help_files = source_files("app")
    others = [p for p in source_files() if p not in help_files]
    refuse(findings(others, checkers.banned_texts))
    refuse(findings(help_files, functools.partial(checkers.banned_texts, docstrings=True)))
    data = [
        p
        for p in SRC.rglob("*")
        if p.suffix in (".toml", ".html", ".css", ".js", ".svg", ".json", ".txt")
        and "__pycache__" not in p.parts
        # Built of web/, with other people's libraries in it: what we say there is looked at below.
        and SRC / "app" / "console" not in p.parents
    ]
    assert SRC / "world" / "norms.toml" in data
    refuse(findings(data, checkers.banned_in_text))


def test_the_consoles_texts_never_hold_those_words():
    """In its tables of texts: elsewhere `target` is what a browser calls the place of an event."""
    found = (TOP / "web" / "src").rglob("*texts*.ts")
    tables = sorted(p for p in found if not p.name.endswith(".test.ts"))
    assert len(tables) > 10
    refuse(findings(tables, checkers.banned_in_text))


def every_phrase():
    table = phrases()
    for kind, texts in table.tables().items():
        for code, by_language in texts.items():
            for language, text in by_language.items():
                yield f"phrases.toml {kind} {code}", text, language


@pytest.mark.row("S39")
def test_no_fixed_phrase_says_those_words_in_any_language():
    found = [
        f"{where}: {finding}"
        for where, text, language in every_phrase()
        for finding in checkers.banned_phrase(text, language)
    ]
    refuse(found)
    assert {language for _, _, language in every_phrase()} == {"en", *checkers.BANNED_PHRASES}


@pytest.mark.parametrize(
    ("language", "bad"),
    [
        ("en", "the zone is safe"),
        ("ru", "воздушная цель"),
        ("ru", "Полёт безопасен"),
        ("ru", "силы противника"),
        ("ru", "угроза"),
        ("ar", "العدو"),
        ("ar", "الممر آمن"),
        ("ar", "هَدَف جوي"),
        ("ar", "بالتهديد"),
    ],
)
def test_the_phrase_checker_bites(language, bad):
    assert checkers.banned_phrase(bad, language)


def test_the_phrase_checker_lets_good_words_pass():
    assert checkers.banned_phrase("Безопасность полётов, целиком", "ru") == []
    assert checkers.banned_phrase("سلامة الطيران، معدود", "ar") == []
    assert checkers.banned_phrase("Flight safety", "en") == []


@pytest.mark.parametrize(
    "bad",
    [
        "class WeaponRange: ...",
        "def killChain(): ...",
        "sensor_range_m = 3",
        "self.targets = []",
        "def f(hostile): ...",
        "from x import Missile",
        "class A:\n    envelope: Volume4D",
    ],
)
def test_the_name_checker_bites(bad):
    assert checkers.banned_identifiers(bad)


@pytest.mark.parametrize(
    "bad", ["x = 'It is safe to fly'", "x = {'threat': 1}", "x = f'the enemy {y}'"]
)
def test_the_text_checker_bites(bad):
    assert checkers.banned_texts(bad)


def test_the_word_checkers_let_good_words_pass():
    assert checkers.banned_identifiers("yaml.safe_load(x)\nThread(target=f)\nskill = 1") == []
    assert (
        checkers.banned_texts(
            "'''Nobody may say kill.'''\nx = 'life-safety SAFETY see docs/threats.md'"
        )
        == []
    )
    assert checkers.banned_texts("def say():\n    '''Say it is safe.'''", docstrings=True)


def test_files_and_functions_stay_short():
    refuse(findings(source_files(), checkers.too_long))


def test_the_length_checker_bites():
    assert checkers.too_long("x = 1\n" * 601)
    assert checkers.too_long("def f():\n" + "    x = 1\n" * 70)
    assert checkers.too_long("def f():\n" + "    x = 1\n" * 69) == []


def repeated(names: list[str]) -> list[str]:
    return sorted(n for n, times in Counter(names).items() if times > 1)


def test_file_names_are_unique():
    assert repeated([p.name for p in source_files() if not p.stem.startswith("__")]) == []
    # pytest itself wants the one name in each folder that has fixtures of its own.
    spared = ("__init__.py", "conftest.py")
    tests = [p.name for p in (TOP / "tests").rglob("*.py") if p.name not in spared]
    assert repeated(tests) == []
    assert repeated(["a.py", "b.py", "a.py"]) == ["a.py"]


def test_nothing_unfinished_in_the_source():
    refuse(findings(source_files(), checkers.leftovers))
    assert checkers.leftovers("x = 1  # TO" + "DO later")
    assert checkers.leftovers("raise NotImplemented" + "Error")


def test_every_amnesty_has_its_reason():
    mine = TOP / "tests" / "house"
    files = [p for p in own_files() if p.suffix == ".py" and mine not in p.parents]
    assert files
    refuse(findings(files, checkers.amnesties_without_reason))


@pytest.mark.parametrize(
    "bad",
    [
        "x = f()  # type: ignore",
        "x = f()  # type: ignore[no-any-return]",
        "x = f()  # noqa",
        "x = f()  # noqa: S101",
        "x = f()  # noqa: S101  why",
    ],
)
def test_the_amnesty_checker_bites(bad):
    assert checkers.amnesties_without_reason(bad)


@pytest.mark.parametrize(
    "good",
    [
        "x = f()  # type: ignore[no-any-return]  # the stub lacks it",
        "x = f()  # noqa: N818  whose fault it is stands in front",
        "x = f()  # noqa: S608 - the names are our own constants",
    ],
)
def test_the_amnesty_checker_lets_reasons_pass(good):
    assert checkers.amnesties_without_reason(good) == []


def test_no_test_asserts_how_long_something_took():
    files = [p for p in own_files() if p.suffix == ".py" and TOP / "tests" in p.parents]
    assert files
    refuse(findings(files, checkers.timed_asserts))


@pytest.mark.parametrize(
    "bad",
    [
        "assert time.monotonic() - began_s < 0.5",
        "assert 3.0 > perf_counter() - began_s",
        "assert abs(now_s - time.time()) < 5",
    ],
)
def test_the_stopwatch_checker_bites(bad):
    assert checkers.timed_asserts(bad)


def test_the_stopwatch_checker_lets_bounds_of_the_test_itself_pass():
    assert checkers.timed_asserts("assert before_s <= told_s <= time.time()") == []
    assert checkers.timed_asserts("while time.monotonic() - began_s < 60:\n    pass") == []


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_says_what_lives_in_it(room):
    text = ast.get_docstring(ast.parse((SRC / room / "__init__.py").read_text("utf-8"))) or ""
    assert len(text.split()) >= 8, (
        f"src/parley/{room}/__init__.py: say in a few lines what lives here"
    )


def test_there_are_eight_rooms_and_no_junk_drawer():
    assert {p.name for p in SRC.iterdir() if p.is_dir() and p.name != "__pycache__"} == set(ROOMS)
    assert {p.name for p in SRC.glob("*.py")} <= {"__init__.py", "__main__.py"}
