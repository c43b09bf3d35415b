"""Fixed phrases: one table, three languages, and nothing in them that was not sent."""

from __future__ import annotations

import itertools
import re
import tomllib
import unicodedata
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.node.line_bodies import CALL_OUTCOMES, RELAY_OUTCOMES
from parley.world.faults import InputFault
from parley.world.message_words import (
    Translated,
    answer_words,
    line_words_of,
    message_words,
    words_lines,
)
from parley.world.norms import CLASSES, nearest_subject, norms, subject_code
from parley.world.phrases import (
    CODED_FIELDS,
    Phrases,
    check_language,
    check_texts,
    clean,
    field_name,
    languages,
    phrase,
    phrases,
    reader_language,
    word,
)

FILE = Path(__file__).resolve().parents[2] / "src" / "parley" / "world" / "phrases.toml"
CODES = [each.code for each in languages()]
FSI, PDI = "\u2068", "\u2069"
WINDOW = "2017-06-20T06:00:00Z/2017-06-20T06:40:00Z"


# ---- the table is whole --------------------------------------------------------------------------


@pytest.mark.row("R17")
def test_every_code_of_the_norms_has_its_phrase_in_every_language():
    table, line = phrases(), norms().line
    assert CODES == ["en", "ru", "ar"]
    assert set(table.message) == {kind.name for kind in norms().types}
    attributes = norms().attribute
    answers = {a for name in "WARYN" for a in getattr(attributes, name)} | {"STANDBY"}
    assert set(table.answer) == answers
    assert set(table.message_class) == set(CLASSES)
    for name in ("glance", "agreement", "link", "attended", "test"):
        assert set(getattr(table, name)) == set(getattr(line, name)), name
    assert set(table.call) == set(CALL_OUTCOMES)
    assert set(table.relay) == set(RELAY_OUTCOMES)
    assert set(table.subject) == {each.code for each in norms().subjects}
    values = {*norms().zone.activity, *norms().zone.promulgation, *line.agreement[:3]}
    values |= {w for kind in norms().types for words in kind.reply.values() for w in words}
    assert values <= set(table.value)


def test_every_field_that_is_read_back_or_sent_by_a_scenario_has_its_name():
    from parley.wire.scenario import scenario_from_documents

    wanted = {name for kind in norms().types for name in (*kind.read_back, *kind.reply)}
    wanted |= set(CODED_FIELDS)
    for name in ("syria-2017-06", "wildfire-civil"):
        folder = FILE.parents[3] / "examples" / name
        played = scenario_from_documents(
            (folder / "timeline.yaml").read_bytes(), (folder / "geo.geojson").read_bytes()
        )
        wanted |= {field for message in played.messages for field in message.fields}
    slots = {
        s for texts in phrases().message.values() for s in re.findall(r"\{(\w+)\}", texts["en"])
    }
    assert wanted | slots <= set(phrases().field)


def test_read_back_fields_stand_in_their_types_phrase():
    """What must be repeated is in the sentence itself, but for a correction of whatever it was."""
    for kind in norms().types:
        slots = set(re.findall(r"\{(\w+)\}", phrases().message[kind.name]["en"]))
        if kind.name != "correction":
            assert set(kind.read_back) <= slots, kind.name


def changed(**texts):
    table = tomllib.loads(FILE.read_text("utf-8"))
    for place, by_language in texts.items():
        table["type"][place] = by_language
    return table


@pytest.mark.parametrize(
    "texts",
    [
        {"en": "Flight {flight}", "ru": "Рейс {flight}"},
        {"en": "Flight {flight}", "ru": "Рейс {flight}", "ar": ""},
        {"en": "Flight {flight}", "ru": "Рейс {flight}", "ar": "الرحلة {zone}"},
        {"en": "Flight {flight}", "ru": "Рейс", "ar": "الرحلة {flight}"},
        {"en": "Flight {flight}", "ru": "Рейс {flight} {flight}", "ar": "الرحلة {flight}"},
        {
            "en": "Flight {flight}",
            "ru": "Рейс {flight}",
            "ar": "الرحلة {flight}",
            "fr": "Vol {flight}",
        },
    ],
)
def test_a_phrase_that_one_language_lacks_or_slots_otherwise_is_refused(texts):
    with pytest.raises(InputFault):
        check_texts("phrase", texts, tuple(CODES))
    with pytest.raises(InputFault, match="phrase type clearance"):
        msgspec.convert(changed(clearance=texts), Phrases)
    assert msgspec.convert(changed(), Phrases) == phrases()


def test_no_language_claims_a_review_that_nobody_made():
    assert [each.reviewed for each in languages()] == [False, False, False]
    page = (FILE.parents[3] / "docs" / "phrases.md").read_text("utf-8")
    assert page.count("no: a native review is owed") == len(languages())


# ---- what is read --------------------------------------------------------------------------------


@pytest.mark.row("R17")
def test_two_sides_read_one_message_each_in_its_own_language():
    fields = {"value": "suspended", "effective": "2017-06-20T07:45:00Z", "reason_code": "policy"}
    said = {code: phrase("line.state", fields, code) for code in CODES}
    assert said["en"] == (
        "State of the line: suspended, in effect from 2017-06-20T07:45:00Z. reason: policy"
    )
    assert said["ru"] == (
        "Состояние линии: приостановлено [suspended], действует с 2017-06-20T07:45:00Z. "
        "причина: policy"
    )
    assert said["ar"].startswith(f"حالة الخط: معلّق [{FSI}suspended{PDI}]، سارية من {FSI}2017-")
    for text in said.values():
        assert all(value in text for value in fields.values())


def test_what_was_not_said_and_what_has_no_slot_are_both_told():
    assert phrase("clearance", {"flight": "H-7"}, "en") == "Flight H-7 is cleared. Zone (not said)."
    assert phrase("clearance", {"flight": "H-7", "zone": " "}, "ru").endswith("Зона (не указано).")
    text = phrase("clearance", {"flight": "H", "zone": "Z", "colour": "red", "level": "9"}, "en")
    assert text == "Flight H is cleared. Zone Z. colour: red; level: 9"
    unknown = phrase("quite.new", {"flight": "H-7"}, "ru")
    assert unknown == "quite.new (для этого типа нет готовой фразы) рейс: H-7"
    assert word("answer", "PERHAPS", "ru") == "PERHAPS"
    assert field_name("colour", "ru") == "colour"


def test_a_slot_in_a_value_stays_text():
    assert phrase("clearance", {"flight": "{zone}", "zone": "Z"}, "en") == (
        "Flight {zone} is cleared. Zone Z."
    )


@pytest.mark.parametrize(
    ("wanted", "code", "asked"),
    [
        (("ru",), "ru", ""),
        (("AR-sy",), "ar", ""),
        (("", "ru"), "ru", ""),
        (("fr", "ru"), "ru", ""),
        (("fr", "de"), "en", "fr"),
        ((), "en", ""),
        (("r\u202eu",), "en", "r\\u202eu"),
    ],
)
def test_a_language_without_phrases_reads_english_and_is_told(wanted, code, asked):
    reader = reader_language(*wanted)
    assert (reader.language.code, reader.asked) == (code, asked)
    assert bool(reader.note) == bool(asked)
    assert asked in reader.note


def test_a_configured_language_must_be_one():
    assert check_language("ru", "language").code == "ru"
    for bad in ("", "fr", "r"):
        with pytest.raises(InputFault, match="one of en, ru, ar"):
            check_language(bad, "language")


FIELDS = st.dictionaries(
    st.sampled_from(["flight", "zone", "window", "colour", "value"]),
    st.text(max_size=30) | st.sampled_from([WINDOW, "-3 m", "الرحلة", PDI * 3, FSI, "\u202e1\n2"]),
    max_size=5,
)


@given(name=st.sampled_from([kind.name for kind in norms().types]), fields=FIELDS)
def test_no_value_can_hide_or_reorder_what_stands_around_it(name, fields):
    for reader in languages():
        text = phrase(name, fields, reader.code)
        depth = 0
        for letter in text:
            assert letter in (FSI, PDI) or letter.isprintable()
            depth += {FSI: 1, PDI: -1}.get(letter, 0)
            assert 0 <= depth <= 1
        assert depth == 0
        # Outside the isolates stands only what the table has, and in Arabic no digit at all.
        around = re.sub(f"{FSI}[^{PDI}]*{PDI}", "", text)
        if reader.direction == "rtl":
            assert not any(unicodedata.bidirectional(letter) in ("EN", "L") for letter in around)
        for value in fields.values():
            assert not value.strip() or clean(value) in text


def test_numbers_times_and_names_stand_as_they_were_sent():
    fields = {"flight": "SYN-A1", "window": WINDOW}
    for code in CODES:
        text = phrase("intent.notice", fields, code)
        assert "SYN-A1" in text
        assert WINDOW in text
        assert not any(unicodedata.bidirectional(letter) == "AN" for letter in text)


def test_an_answer_and_a_state_keep_their_code_word():
    for answer, code in itertools.product(phrases().answer, CODES):
        reader = reader_language(code)
        assert answer in answer_words(answer, {"zone": "TFR-1"}, reader)
        assert "TFR-1" in answer_words(answer, {"zone": "TFR-1"}, reader)
    assert line_words_of("glance", "DOWN", reader_language("ru")) == "не работает [DOWN]"
    assert line_words_of("agreement", "suspended", reader_language("en")) == "suspended"


@pytest.mark.row("R17")
def test_a_translation_stands_beside_the_original_and_never_in_its_place():
    translations = [
        Translated(language="en", text="the corridor is closed", how="machine", by="desk of RUS"),
        Translated(language="ar", text="الممر مغلق", how="person", by="desk"),
    ]
    words = message_words(
        "free.text",
        {},
        reader_language("en"),
        text="коридор закрыт",
        text_language="ru",
        subject="ground",
        translations=translations,
    )
    assert words.original == "коридор закрыт"
    assert words_lines(words) == [
        "[en] Free text follows.",
        "subject: ground",
        "original [ru]: коридор закрыт",
        f"translation [ar] (by a person, desk): {FSI}الممر مغلق{PDI}",
        "translation [en] (by a machine, desk of RUS): the corridor is closed",
    ]
    assert words == message_words(
        "free.text", {}, reader_language("en"), text="коридор закрыт", text_language="ru",
        subject="ground", translations=reversed(translations),
    )  # fmt: skip
    told = words_lines(message_words("free.text", {}, reader_language("fr")))
    assert told == ["[en] Free text follows. (no phrases in fr; shown in English)"]


# ---- subjects ------------------------------------------------------------------------------------


@pytest.mark.row("S51")
def test_subjects_are_not_only_air_and_free_ones_stay_allowed():
    codes = [each.code for each in norms().subjects]
    assert {"air", "ground", "sea", "person", "evidence", "other"} <= set(codes)
    assert len(codes) == len(set(codes))
    assert [subject_code(text) for text in ("ground", " Sea ", "ground clash")] == [
        "ground", "sea", None,
    ]  # fmt: skip
    for code in codes:
        assert all(word("subject", code, language) for language in CODES)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ground clash", "ground"), ("air incident", ""), ("relay to SYR", "relay"),
        ("person_in_distress", "person"), ("investigation", "evidence"), ("separation", "air"),
        ("quite else", ""), ("", ""), ("evidense", "evidence"),
    ],
)  # fmt: skip
def test_free_words_suggest_a_code_or_none(text, code):
    """ "air incident" names two subjects: neither is suggested."""
    assert nearest_subject(text) == code
