"""The verifier that runs in a browser says of every pack what ours says, and of the same place.

`PARLEY_FLIPS` is how many bytes are flipped, `PARLEY_SEED` which ones. The program is the one of
`web/src/verify`, put into one file by the bundler of the console and run by node; without node, or
without the console's packages, these tests skip and say so.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import random
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import sync_playwright

from against.test_go_verifier import changed, contents, flipped, zipped
from parley.node.entries import BODY_TYPES
from parley.review.pack_guide import GUIDE
from parley.review.verify import INTACT, PackFault, finding_of, verify_pack
from parley.trust.keys import check_point, verify_signature
from parley.world.faults import Fault, InputFault
from review import packkit
from shared_data import shared

FLIPS = int(os.environ.get("PARLEY_FLIPS", "200"))
SEED = int(os.environ.get("PARLEY_SEED", "1"))
WEB = Path(__file__).parents[2] / "web"
BUNDLER = WEB / "node_modules/rolldown/bin/cli.mjs"
BUILD_S = 120
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--host-resolver-rules=MAP plain.test 127.0.0.1",
]  # fmt: skip
"""`plain.test` is a page over plain http, which has no WebCrypto."""
POLICY = "default-src 'self'; worker-src 'self'; connect-src 'self'"
"""What a node sends with its console: worker, styles and the saved pack must live with it."""


def find_node() -> str:
    """Return the node command; skips where it or the console's packages are absent."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on PATH")
    if not BUNDLER.is_file():
        pytest.skip("no packages of the console: npm ci in web/ puts them there")
    return node


@dataclass
class Program:
    """The verifier, running: a line of JSON asks, a line answers."""

    process: subprocess.Popen[str]

    def ask(self, question: dict[str, object]) -> dict[str, object]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return answer

    def verify(self, data: bytes, given=packkit.KEYS, *, noble: bool = False) -> dict[str, object]:
        """Return the whole verdict on a pack."""
        pack = base64.b64encode(data).decode()
        return self.ask({"pack": pack, "given": list(given), "noble": noble})


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """Return the running verifier."""
    node = find_node()
    built = tmp_path_factory.mktemp("typescript") / "command.mjs"
    command = [node, BUNDLER, "src/verify/command.ts", "--platform", "node", "--format", "esm"]
    # A program that does not build is a finding, not a reason to skip.
    subprocess.run(
        [*map(str, command), "--file", str(built)],
        cwd=WEB,
        stdout=subprocess.DEVNULL,
        timeout=BUILD_S,
        check=True,
    )
    with subprocess.Popen(
        [node, str(built)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Program(process)
        process.stdin.close()


def place_of(verdict: dict[str, object]) -> tuple[object, ...]:
    """Return the first words of a verdict, and step, log and entries of its flaw."""
    flaw = verdict.get("flaw")
    if flaw is None:
        return str(verdict["verdict"]), None, "", None, None
    found = (flaw["step"], flaw["log"], exact(flaw.get("index")), exact(flaw.get("last")))
    return (verdict["verdict"], *found)


def exact(index: int | None) -> int | float | None:
    """Return an index as JavaScript has it: rounded beyond 2^53, where no log has an entry."""
    return index if index is None or index < 2**53 else float(index)


def ours(data: bytes, given=packkit.KEYS) -> tuple[object, ...]:
    """Return the same of our verifier."""
    try:
        return verify_pack(data, given).verdict, None, "", None, None
    except PackFault as fault:
        found = finding_of(fault)
        return found.verdict, found.step, found.log, exact(found.index), exact(found.last)


def check_alike(program: Program, data: bytes, given=packkit.KEYS) -> bool:
    """Return whether both refuse a pack, after checking that they do so for the same place."""
    said, wanted = program.verify(data, given), ours(data, given)
    assert place_of(said) == wanted, said["reasons"]
    assert (said["badge"] == "FAILED") == ("flaw" in said)
    return said["badge"] == "FAILED"


@pytest.mark.row("A16", "R5")
@pytest.mark.parametrize("noble", [False, True], ids=["webcrypto", "noble"])
@pytest.mark.parametrize("make", packkit.CASES, ids=lambda make: make.__name__)
def test_typescript_says_of_each_pack_what_we_say(program, make, noble):
    case = make()
    said = program.verify(case.data, noble=noble)
    assert place_of(said) == ours(case.data), said["reasons"]
    assert said["by"] == ("noble" if noble else "WebCrypto")
    badges = {True: {"FAILED"}, False: {"RECORD INTACT", "PARTIAL"}}
    assert said["badge"] in badges[case.step is not None]
    if case.step is None:
        assert said["keysGiven"]


def test_without_given_keys_it_says_that_they_come_from_the_pack(program):
    for make in packkit.CASES:
        case = make()
        check_alike(program, case.data, ())
    said = program.verify(packkit.good().data, ())
    assert said["badge"] == "RECORD INTACT"
    assert "logs whose keys come from the pack itself: 3" in said["reasons"]
    report = verify_pack(packkit.good().data)
    assert said["checkedAtPackSha256"] == report.sha256_hex
    assert [each["fingerprint"] for each in said["keys"]] == [
        log.fingerprint for log in report.logs
    ]


def test_the_badge_counts_what_our_report_counts(program):
    for make in packkit.CASES:
        case = make()
        if case.step is not None:
            continue
        said, report = program.verify(case.data), verify_pack(case.data, packkit.KEYS)
        shown = [end - start for log in report.logs for start, end in log.shown]
        assert (said["logs"], said["entries"]) == (len(report.logs), sum(shown))
        assert said["sealed"] == sum(log.sealed for log in report.logs)
        assert {*report.undecided, *report.remarks} <= set(said["reasons"])
        held = [min(log.held, end) - start for log in report.logs for start, end in log.shown]
        assert said["unheld"] == said["entries"] - sum(max(one, 0) for one in held)
        partial = bool(report.undecided) or said["sealed"] > 0
        assert said["badge"] == ("PARTIAL" if partial else "RECORD INTACT"), case.name


def test_the_guide_in_every_pack_is_the_same(program):
    members = contents(packkit.good().data) | {"VERIFY.md": GUIDE + b"\n"}
    assert check_alike(program, zipped(members))


def test_a_maker_may_claim_any_time(program):
    pack = packkit.packed(*packkit.story_logs(packkit.Story()), made_us=10**30)
    assert not check_alike(program, packkit.write_pack(pack))


# ---- flips --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def good():
    """Return the packs of the shared set in which nothing is wrong."""
    return [case.data for make in packkit.CASES if (case := make()).verdict == INTACT]


@pytest.mark.row("A16")
def test_a_byte_flipped_anywhere_in_the_file_fails_at_the_same_place(program, good):
    rng = random.Random(SEED)
    for _ in range(FLIPS):
        data = rng.choice(good)
        bad = flipped(data, rng.randrange(len(data)), rng)
        assert check_alike(program, bad)


def test_a_byte_flipped_in_any_member_under_a_right_checksum_is_seen_alike(program, good):
    rng = random.Random(SEED)
    refused = 0
    for _ in range(FLIPS):
        members = contents(rng.choice(good))
        name = rng.choice(list(members))
        members[name] = flipped(members[name], rng.randrange(len(members[name])), rng)
        refused += check_alike(program, zipped(members))
    assert refused > FLIPS // 2


def test_whatever_is_done_to_a_member_under_a_right_checksum_is_seen_alike(program, good):
    rng = random.Random(SEED + 1)
    for _ in range(FLIPS):
        members = contents(rng.choice(good))
        name = rng.choice(list(members))
        check_alike(program, zipped(changed(members, name, rng)))


def test_bytes_that_are_no_pack_are_refused_alike(program, good):
    rng = random.Random(SEED + 2)
    for _ in range(FLIPS // 4):
        data = rng.choice(good)
        start = rng.randrange(len(data))
        for bad in (rng.randbytes(rng.randrange(200)), data[:start], data[start:], data + b"\0"):
            assert check_alike(program, bad)


# ---- entries ------------------------------------------------------------------------------------

ENTRIES = [
    b'{"type":"key.rotated","commit":1.5}',
    b'{"type":"a","type":"key.revoked","seen":{}}',
    b'{"type":-1,"type":"a","seen":{"ORIGIN":{"size":4,"root":"00"}}}',
    b'{"type":"a","seen":{"ORIGIN":{"size":1e3,"root":""}}}',
    b'{"type":"a","seen":{"ORIGIN":{"size":4,"root":"00","more":[1,{"a":null}]}}}',
    b'{"type":"a","seen":{"ORIGIN":{"size":99999999999999999999,"root":"00"}}}',
    b'{"type":"a","seen":{"ORIGIN":{"size":14,"root":"00"},"b":{"size":1}}}',
    b'{"type":"a\xff","seen":{"ORIGIN":{"size":4,"root":"00"}}}',
    b'{"type":"a","b\xff":1,"seen":{"ORIGIN":{"size":4,"root":"00"}}}',
    b'{"type":"a","\\u0073een":{"ORIGIN":{"size":4,"root":"00"}}}',
    b'{"type":"a","x":"\\ud800","seen":{"ORIGIN":{"size":4,"root":"00"}}}',
    b' {"seen":{"ORIGIN":{"size":4,"root":"00"}}}\n',
    b'{"seen":{"ORIGIN":{"size":4,"root":"00"}},}',
    b'{"seen":null}',
    b'{"seen":[]}',
    b"null",
    b"\xef\xbb\xbf{}",
    b"[" * 50_000,
]


@pytest.mark.parametrize("entry", ENTRIES, ids=range(len(ENTRIES)))
def test_what_an_entry_says_about_the_record_is_read_alike(program, entry):
    """Nobody cosigns what names a false head: then it is contested, where it is read at all."""
    story = packkit.Story()
    story.coal.cosigners = story.rus.cosigners = (packkit.mirror(packkit.NEUTRAL),)
    for size in list(story.coal.heads):
        tree = packkit.Tree([packkit.leaf_hash(one) for one in story.coal.entries[:size]])
        story.coal.head(tree=tree)
    story.rus.put(entry.replace(b"ORIGIN", story.coal.origin.encode()))
    story.rus.head()
    data = packkit.write_pack(packkit.packed(*packkit.story_logs(story)))
    check_alike(program, data)
    if ours(data)[1] is None:
        said = program.verify(data)
        unreadable = sum(log.unreadable for log in verify_pack(data, packkit.KEYS).logs)
        told = f"entries that this program cannot read: {unreadable}; they are there, and signed"
        assert (told in said["reasons"]) == (unreadable > 0)


STATED = [
    {"type": "message.said", "body.text": "number 3"},
    {"leaf": "00"},
    {"by": "somebody"},
    {"issued_us": "1"},
    {"to": "RUS"},
    {"body.life_safety": "True"},
    {"body.text": ""},
]


@pytest.mark.parametrize("values", STATED, ids=range(len(STATED)))
def test_statements_about_an_entry_are_computed_again_alike(program, values):
    stated = packkit.Statement(kind="entry", text="", cites=((0, 3),), values=values)
    data = packkit.write_pack(
        packkit.packed(*packkit.story_logs(packkit.Story()), statements=(stated,))
    )
    check_alike(program, data)


def test_what_it_cannot_compute_again_keeps_a_record_from_intact(program):
    """It has no schema of each type: a field left out stands at a default that it cannot know."""
    story = packkit.Story()
    stated = packkit.Statement(kind="entry", text="", cites=((0, 3),), values={"body.made_up": "1"})
    data = packkit.write_pack(packkit.packed(*packkit.story_logs(story), statements=(stated,)))
    assert ours(data)[0] == packkit.BAD
    said = program.verify(data)
    assert said["badge"] == "PARTIAL"
    assert any("only parley verify can compute again: 1" in reason for reason in said["reasons"])
    page = (WEB.parent / "docs" / "verify-with-other-tools.md").read_text()
    assert "| a statement about silence |" in page
    assert "| a statement about a field that an entry leaves out |" in page


def test_the_types_that_it_reads_whole_are_types_of_the_log():
    read = {"log.opened", "key.rotated", "key.revoked", "fork.evidence"}
    assert read <= set(BODY_TYPES)
    source = (WEB / "src/verify/entry.ts").read_text()
    for name in read:
        fields = BODY_TYPES[name].__struct_encode_fields__
        assert all(f'"{field}"' in source for field in fields), name
    assert msgspec.structs.fields(BODY_TYPES["key.revoked"])[0].name == "statement"


# ---- keys and signatures ------------------------------------------------------------------------


def accepted(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        check_point(public)
        verify_signature(public, signature, message)
    except Fault:
        return False
    return True


def edge_cases() -> list[tuple[bytes, bytes, bytes]]:
    """Return key, signature and message of every vector of CCTV and of Wycheproof."""
    cctv = json.loads(shared("vectors/ed25519-cctv/ed25519vectors.json").read_text())
    found = [
        (bytes.fromhex(one["key"]), bytes.fromhex(one["sig"]), one["msg"].encode()) for one in cctv
    ]
    wycheproof = json.loads(shared("vectors/wycheproof/ed25519_test.json").read_text())
    for group in wycheproof["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["pk"])
        found += [
            (public, bytes.fromhex(one["sig"]), bytes.fromhex(one["msg"])) for one in group["tests"]
        ]
    return found


@pytest.mark.parametrize("noble", [False, True], ids=["webcrypto", "noble"])
def test_edge_cases_of_signatures_are_decided_alike(program, noble):
    cases = edge_cases()
    own = Ed25519PrivateKey.from_private_bytes(bytes(32))
    message = b"a message"
    cases.append((own.public_key().public_bytes_raw(), own.sign(message), message))
    answer = program.ask(
        {"signatures": [[part.hex() for part in case] for case in cases], "noble": noble}
    )
    wanted = [accepted(*case) for case in cases]
    assert wanted[-1]
    assert len(cases) > 1_000
    assert answer["accepted"] == wanted


def test_a_given_key_that_is_none_is_not_the_packs_fault(program):
    with pytest.raises(InputFault):
        verify_pack(packkit.good().data, ("no key",))
    with pytest.raises(AssertionError, match="wanted a vkey"):
        program.verify(packkit.good().data, ("no key",))


# ---- the badge in a browser ---------------------------------------------------------------------


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder as a node serves its console."""

    def log_message(self, *_words: object) -> None:
        return

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """Serve a folder on a port of its own."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def build_page(folder: Path) -> None:
    """Build the badge on a page of its own."""
    command = [find_node(), "src/verify/bench/build.mjs", str(folder)]
    subprocess.run(command, cwd=WEB, stdout=subprocess.DEVNULL, timeout=BUILD_S, check=True)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Return where the page with the badge is, and the shared packs."""
    folder = tmp_path_factory.mktemp("badge") / "page"
    build_page(folder)
    for make in (packkit.good, packkit.withheld, packkit.flipped_byte):
        (folder / f"{make.__name__}.zip").write_bytes(make().data)
    with served(folder) as port:
        yield f"{{host}}:{port}/index.html?pack={{pack}}.zip&lang={{lang}}"


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM.exists():
        pytest.skip("no chromium; as root run: apt-get update && apt-get install -y chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


WORDS = {
    ("good", "en"): "RECORD INTACT",
    ("withheld", "ru"): "ЧАСТИЧНО, записей без всех нужных заверений: 1",
    ("flipped_byte", "ar"): "لم يجتز الفحص: القيد 7 من السجل parley.example/AGR-1/COAL/line/2017",
    ("flipped_byte", "en"): "FAILED at entry 7 of log parley.example/AGR-1/COAL/line/2017",
}


def plain(text: str) -> str:
    """Return a text without the marks that isolate what fills its slots."""
    return text.replace("\u2068", "").replace("\u2069", "").strip()


@pytest.mark.parametrize(
    ("pack", "lang", "host"),
    # Without WebCrypto the words are made the same way: two of them show that it is asked nothing.
    [(*each, "127.0.0.1") for each in WORDS]
    + [(*each, "plain.test") for each in WORDS if each[1] == "en"],
)
def test_the_badge_says_it_in_a_browser(chromium, address, pack, lang, host):
    page = chromium.new_page(viewport={"width": 1000, "height": 900})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto("http://" + address.format(host=host, pack=pack, lang=lang))
    assert page.evaluate("crypto.subtle !== undefined") == (host == "127.0.0.1")
    badge = page.locator("button.evidence-badge")
    assert badge.get_attribute("aria-expanded") == "false"
    badge.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(
        "button.evidence-badge[class*=failed], [class*=intact], [class*=partial]"
    )
    assert plain(badge.locator("span").nth(1).inner_text()) == WORDS[pack, lang]
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog")
    panel.wait_for()
    assert panel.get_attribute("aria-label")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    with page.expect_download() as saved:
        panel.locator("a[download]").click()
    made = {"good": packkit.good, "withheld": packkit.withheld}.get(pack, packkit.flipped_byte)
    assert saved.value.path().read_bytes() == made().data
    assert saved.value.suggested_filename == "parley-AGR-1.zip"
    if host == "127.0.0.1":
        page.evaluate((WEB / "node_modules/axe-core/axe.min.js").read_text())
        found = page.evaluate("axe.run().then(found => found.violations.map(one => one.id))")
        assert found == []
    assert panel.evaluate("one => one.scrollWidth <= one.clientWidth")
    page.keyboard.press("Escape")
    assert panel.is_hidden()
    assert page.evaluate("document.activeElement.className").startswith("evidence-badge")
    assert faults == []
    page.close()
