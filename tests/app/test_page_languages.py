"""One message, two nodes, two languages: on the page, on the command line, in a real browser."""

from __future__ import annotations

import json
import types

import msgspec
import pytest
from playwright.sync_api import sync_playwright

from app.test_page import Reader
from app.test_page_browser import CHROMIUM, FLAGS
from app.twonodes import AGREEMENT, WEB, make_pair, parley_here, running, say, until
from parley.app.config import load_node
from parley.app.page_html import Shown, escape, visible
from parley.app.page_words import words_part
from parley.node.rules.threads import Translation
from parley.world.faults import InputFault
from parley.world.phrases import phrase, reader_language

WINDOW = "2017-06-20T06:00:00Z/2017-06-20T06:40:00Z"
FIELDS = {"zone": "TFR-1", "window": WINDOW, "reference": "FICTION-6/4471"}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """COAL reads Arabic, as its agreement says; RUS Russian, as its node.toml says."""
    folder = tmp_path_factory.mktemp("languages")
    files = make_pair(folder, sign_in=False)
    parties = [msgspec.structs.replace(p, languages=("ar", "en")) for p in AGREEMENT.parties]
    agreement = msgspec.structs.replace(AGREEMENT, parties=tuple(parties))
    (folder / "agr-1.json").write_bytes(msgspec.json.encode(agreement))
    text = files["RUS"].read_text()
    files["RUS"].write_text(f'language = "ru"\n{text}')
    with running(files) as started:
        key = (
            started["COAL"]
            .act(
                **say(message_type="zone.issued", fields=FIELDS, text="as agreed", subject="ground")
            )
            .json()["key"]
        )
        until(lambda: [m for m in started["RUS"].get("/api/messages") if m["key"] == key])
        yield started, key


def plain(text):
    """Return a phrase as the page has it: elements in the place of its isolates."""
    return text.replace("\u2068", "").replace("\u2069", "")


def phrases_on(node, query=""):
    page = Reader(WEB.get(f"{node.url}/{query}").text)
    assert page.wrong == []
    return [a for a in page.all("p") if a.get("class") == "phrase"], page


@pytest.mark.row("R17")
@pytest.mark.parametrize(
    ("party", "query", "language", "direction"),
    [
        ("RUS", "", "ru", "ltr"),
        ("COAL", "", "ar", "rtl"),
        ("RUS", "?lang=en", "en", "ltr"),
        ("RUS", "?lang=ar", "ar", "rtl"),
        ("COAL", "?lang=fr", "en", "ltr"),
    ],
)
def test_each_side_reads_the_same_message_in_its_own_language(
    nodes, party, query, language, direction
):
    started, _ = nodes
    shown, page = phrases_on(started[party], query)
    assert shown
    assert {(each["lang"], each["dir"]) for each in shown} == {(language, direction)}
    assert plain(phrase("zone.issued", FIELDS, language)) in "".join(page.texts)
    assert "as agreed" in page.text
    assert ("no phrases in fr; shown in English" in page.text) == (query == "?lang=fr")
    assert "no native speaker has reviewed them yet" in page.text
    # Labels stay English, and codes and values stand as they were sent, whatever the language.
    assert page.all("html")[0]["lang"] == "en"
    assert "Answer due" in page.text
    assert "TFR-1" in page.text


@pytest.mark.row("R17")
def test_the_command_line_says_it_in_the_nodes_language_or_in_the_one_asked_for(nodes, capsys):
    started, _ = nodes
    asked = ("answer", "--node", started["RUS"].url)
    code, out, _ = parley_here(capsys, *asked)
    assert code == 0
    assert f"  [ru] {phrase('zone.issued', FIELDS, 'ru')}\n" in out
    assert "предмет: на земле [ground]" in out
    code, out, _ = parley_here(capsys, "answer", "--node", started["COAL"].url)
    assert f"  [ar] \u2068{phrase('zone.issued', FIELDS, 'ar')}\u2069\n" in out
    assert "\\u2068" not in out
    code, out, _ = parley_here(capsys, *asked, "--language", "en")
    assert f"  [en] {phrase('zone.issued', FIELDS, 'en')}\n" in out
    rows = parley_here(capsys, *asked, "--json")[1]
    assert json.loads(rows.splitlines()[0])["fields"] == FIELDS


def test_what_a_peer_writes_cannot_pass_for_what_was_made_visible(nodes, capsys):
    started, _ = nodes
    bad = "\u2069\u202e4471-OFF"
    fields = {"zone": bad, "window": WINDOW}
    key = started["COAL"].act(**say(message_type="zone.notice", fields=fields, text=bad)).json()
    until(lambda: [m for m in started["RUS"].get("/api/messages") if m["key"] == key["key"]])
    html = WEB.get(f"{started['RUS'].url}/?lang=ar").text
    out = parley_here(capsys, "answer", "--node", started["RUS"].url, "--language", "ar")[1]
    for text in (html, out):
        assert "\u202e" not in text
        assert text.count("\u2068") == text.count("\u2069")
        assert "\\u2069\\u202e4471-OFF" in text
    assert visible("\u2068") == "\\u2068"
    assert escape(Shown("\u2068<b>\u2069")) == "\u2068&lt;b&gt;\u2069"


@pytest.mark.row("R17")
def test_a_translation_stands_beside_the_original_on_the_page():
    made = {"party": "RUS", "post": "desk", "key": ("l", 1), "at_us": 1}
    view = types.SimpleNamespace(
        reading="open", message_type="free.text", message_class="ROUTINE", fields={}, subject="",
        text="коридор <закрыт>", language="ru",
        translations=(
            Translation(language="en", text="the corridor is closed", how="machine", **made),
        ),
    )  # fmt: skip
    html = "".join(escape(words_part(view, reader_language("ar"))))
    page = Reader(html)
    assert page.wrong == []
    assert [a["lang"] for a in page.all("bdi") if "lang" in a] == ["ru", "en"]
    assert "original [ru]: коридор <закрыт>" in page.text
    assert "translation [en] (by a machine, desk of RUS): the corridor is closed" in page.text
    assert html.index("коридор") < html.index("corridor")
    view.reading, view.text = "guarded", "GUARDED"
    shut = Reader("".join(escape(words_part(view, reader_language("ar")))))
    assert shut.text == "GUARDED"


@pytest.mark.row("R17")
def test_a_translation_given_at_one_node_is_read_beside_the_original_at_both(nodes, capsys):
    started, _ = nodes
    words = say(message_type="free.text", fields={}, text="the corridor is closed", language="en")
    ref = started["COAL"].act(**words).json()["key"]
    until(lambda: [m for m in started["RUS"].get("/api/messages") if m["key"] == ref])
    text = "коридор закрыт"
    done = started["RUS"].act(
        type="add_translation", ref=ref, post="duty-officer", language="ru", text=text, how="person"
    )
    assert done.status_code == 201, done.text
    for node in started.values():
        until(
            lambda node=node: [
                m for m in node.get("/api/messages") if m["key"] == ref and m["translations"]
            ]
        )
        page = Reader(WEB.get(f"{node.url}/").text)
        assert "original [en]: the corridor is closed" in page.text
        assert f"translation [ru] (by a person, duty-officer of RUS): {text}" in page.text
        out = parley_here(capsys, "answer", "--node", node.url, "--language", "ru")[1]
        assert "the corridor is closed" in out
        assert f"  перевод [ru] (выполнен человеком, duty-officer of RUS): {text}\n" in out


def test_a_language_in_node_toml_must_have_phrases(tmp_path):
    file = make_pair(tmp_path)["RUS"]
    text = file.read_text()
    file.write_text(f'language = "rus"\n{text}')
    with pytest.raises(InputFault, match="language is rus, wanted one of en, ru, ar; did you mean"):
        load_node(file)
    file.write_text(f'language = "ru"\n{text}')
    assert load_node(file).config.language == "ru"


# ---- a real browser ------------------------------------------------------------------------------

ORDER = """phrase => {
  const boxes = node => [...node.textContent].map((_, k) => {
    const r = document.createRange(); r.setStart(node, k); r.setEnd(node, k + 1);
    const b = r.getBoundingClientRect(); return [Math.round(b.top), b.left, b.right]; });
  return [...phrase.querySelectorAll('bdi')].map(e => [e.textContent, boxes(e.firstChild)]);
}"""
FLAT = """phrase => {
  const text = phrase.textContent; phrase.textContent = text;
  const node = phrase.firstChild;
  return [...text].map((_, k) => { const r = document.createRange();
    r.setStart(node, k); r.setEnd(node, k + 1); const b = r.getBoundingClientRect();
    return [Math.round(b.top), b.left]; });
}"""


@pytest.mark.row("R17")
@pytest.mark.parametrize("width", [390, 1280])
def test_arabic_lines_run_from_the_right_and_move_no_number(nodes, width):
    """Each value's characters stand from left to right in one piece, and all of it on the page."""
    if not CHROMIUM.exists():
        pytest.skip("no chromium; as root run: apt-get update && apt-get install -y chromium")
    started, _ = nodes
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(f"{started['COAL'].url}/?refresh=off")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for shown in page.locator("p.phrase").all():
            assert shown.evaluate("e => getComputedStyle(e).direction") == "rtl"
            for value, boxes in shown.evaluate(ORDER):
                assert boxes == sorted(boxes), value
                assert all(left >= 0 and right <= width for _, left, right in boxes), value
        shown = page.locator("p.phrase", has_text="FICTION-6").first
        assert [value for value, _ in shown.evaluate(ORDER)] == ["TFR-1", WINDOW, "FICTION-6/4471"]
        # With nothing set apart the parts of a value change places: the measure sees that.
        text = "".join(shown.evaluate("e => e.textContent"))
        at = text.index(WINDOW)
        boxes = shown.evaluate(FLAT)[at : at + len(WINDOW)]
        assert boxes != sorted(boxes)
        browser.close()
