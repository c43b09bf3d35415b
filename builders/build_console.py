"""Builds the console: web/ into src/parley/app/console, whole or not at all, only when stale.

    python builders/build_console.py             build it if its sources changed
    python builders/build_console.py --check     build it, then types, style and tests of web/
    python builders/build_console.py --weigh     what each file weighs, compressed too
    python builders/build_console.py --licences  make docs/console-licences.md anew
    --get-node: without Node.js, that of the package index; --brief: one line if it fails

Ends with 0: it is there and current; 1: it could not be built; 3: no Node.js, so nothing was tried.
A build goes into build/ first, is checked there (builders/console_output.py) and then takes the old
one's place; what failed leaves the old one as it was. The same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import fcntl
import gzip
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
if str(TOP) not in sys.path:
    sys.path.insert(0, str(TOP))

from builders.console_node import (  # noqa: E402  the top comes onto the path above
    WHEEL,
    InputFault,
    Node,
    NoNode,
    find_node,
    get_node,
    require_node,
)
from builders.console_output import (  # noqa: E402  the same
    LICENCES,
    OutputFault,
    check_output,
    flaw_of,
    licences,
    names_in,
    shipped_packages,
    sources_digest,
    write_list,
)

__all__ = ["WHEEL", "InputFault", "find_node"]

BROTLI_BYTES_MAX = 750_000
"""The whole console, compressed: what a slow link carries once."""
LICENCES_PAGE = "docs/console-licences.md"
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("types", ("node_modules/typescript/bin/tsc", "--noEmit")),
    ("style", ("node_modules/@biomejs/biome/bin/biome", "check", ".")),
    ("tests", ("node_modules/vitest/vitest.mjs", "run")),
)
_WEIGH = """
const fs = require("fs"), zlib = require("zlib"), quality = zlib.constants.BROTLI_PARAM_QUALITY;
const params = { [quality]: 11 };
const weigh = (file) => zlib.brotliCompressSync(fs.readFileSync(file), { params }).length;
console.log(JSON.stringify(process.argv.slice(1).map(weigh)));
"""


def console_of(top: Path = TOP) -> Path:
    """Return the folder of the built console."""
    return top / "src" / "parley" / "app" / "console"


def flaw(top: Path = TOP) -> str:
    """Return why the console that lies in the package is not to be used; "" if it is."""
    return flaw_of(console_of(top), sources_digest(top))


def ensure_built(top: Path = TOP, *, may_get_node: bool = False) -> bool:
    """Build the console if it is not there, not whole or of older sources.

    Returns:
        whether it was built.

    Raises:
        NoNode: it must be built and there is no Node.js.
        InputFault: it could not be built.
    """
    if not flaw(top):
        return False
    with _alone(top):
        if not flaw(top):  # somebody else has just built it
            return False
        build(top, _node(top, may_get_node=may_get_node), console_of(top))
    return True


def _node(top: Path, *, may_get_node: bool) -> Node:
    if may_get_node and find_node(top) is None:
        get_node(top)
    return require_node(top)


def build(top: Path, node: Node, output: Path) -> None:
    """Build into `output`, which the new build replaces as a whole.

    Raises:
        InputFault: the tools could not be installed, vite failed, or what it made is not whole.
    """
    if not (top / "web" / "index.html").is_file():
        raise InputFault(
            "web/", value="missing", wanted="the console's sources", repair="take a whole checkout"
        )
    digest = sources_digest(top)
    install_tools(top, node)
    (top / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="console-", dir=top / "build") as name:
        fresh = Path(name) / "new"
        done = node.run(
            "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", "--emptyOutDir",
            cwd=top / "web", NODE_ENV="production", PARLEY_CONSOLE_OUT=str(fresh),
        )  # fmt: skip
        if done.returncode:
            raise _failed("vite build", done.stdout, "mend what it says in web/")
        (fresh / LICENCES).write_text(licences(top / "web"), "utf-8")
        check_output(fresh, top / "web")
        if sources_digest(top) != digest:
            raise InputFault(
                "web/", value="changed while it was built", wanted="left alone for that time",
                repair="run it again",
            )  # fmt: skip
        write_list(fresh, digest)
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.exists():
            output.rename(Path(name) / "old")
        fresh.rename(output)


def install_tools(top: Path, node: Node) -> None:
    """Install what package-lock.json names, unless it is installed.

    Raises:
        InputFault: npm failed.
    """
    web = top / "web"
    if not missing_tools(web):
        return
    # No script of a package is run. Two tries and a minute: without a network this ends soon.
    done = node.run_npm(
        "ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund", "--prefer-offline",
        "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000",
        "--fetch-timeout=60000", cwd=web,
    )  # fmt: skip
    if done.returncode:
        raise _failed("npm ci", done.stdout, "is the npm registry reachable? it is needed once")
    if left := missing_tools(web):
        raise InputFault(
            "web/node_modules", value=f"without {left[0]} after npm ci",
            wanted="all of the lock file", repair="remove web/node_modules and run it again",
        )  # fmt: skip


def missing_tools(web: Path) -> list[str]:
    """Return the packages of package-lock.json that are not installed as it says.

    By the list that npm itself leaves in node_modules, last of all; so a developer's `npm install`
    counts, and one that was cut off does not.
    """
    wanted = json.loads((web / "package-lock.json").read_text("utf-8"))["packages"]
    try:
        text = (web / "node_modules" / ".package-lock.json").read_text("utf-8")
    except OSError:
        return sorted(path for path in wanted if path)
    found = json.loads(text)["packages"]

    def is_there(path: str) -> bool:
        if path not in found:
            return bool(wanted[path].get("optional"))  # for another system
        return all(found[path].get(k) == wanted[path].get(k) for k in ("version", "integrity"))

    return sorted(path for path in wanted if path and not is_there(path))


def _failed(what: str, said: str, repair: str) -> InputFault:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    # npm begins each line with "npm error", and the first ones with a code and nothing else.
    words = [line.removeprefix("npm error").strip() for line in lines]
    words = [
        word for word in words if word and not word.startswith(("code ", "errno ", "syscall "))
    ]
    told = next((word for word in words if "rror" in word), words[0] if words else "no word")
    fault = InputFault(
        f"{what}, which failed,", value=told, wanted="a built console", repair=repair
    )
    fault.add_note("\n".join(lines[-40:]))
    return fault


@contextmanager
def _alone(top: Path) -> Iterator[None]:
    """Wait until no other build of this checkout is under way."""
    folder = os.open(top / "web", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


# ---- what else it does --------------------------------------------------------------------------


def run_checks(top: Path, node: Node) -> list[str]:
    """Run the checks of web/, print what they say, and return the names of those that failed."""
    failed = []
    for name, command in CHECKS:
        started_s = time.monotonic()
        done = node.run(*command, cwd=top / "web")
        took_s = time.monotonic() - started_s
        print(f"console {name}: {'FAILED' if done.returncode else 'fine'} ({took_s:.1f} s)")
        if done.returncode:
            print(done.stdout)
            failed.append(name)
    return failed


def weigh(node: Node, folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return the bytes of each file: as it is, by gzip, by brotli."""
    names = [*names_in(folder)]
    done = node.run("-e", _WEIGH, *(str(folder / name) for name in names), cwd=folder)
    if done.returncode:
        raise _failed("weighing", done.stdout, "build the console first")
    found = {}
    for name, brotli_bytes in zip(names, json.loads(done.stdout), strict=True):
        data = (folder / name).read_bytes()
        found[name] = (len(data), len(gzip.compress(data, 9, mtime=0)), int(brotli_bytes))
    return found


def print_weights(node: Node, folder: Path) -> None:
    """Print what each file weighs, the heaviest first, and the whole."""
    found = weigh(node, folder)
    print(f"{'bytes':>10} {'gzip':>10} {'brotli':>10}")
    for name, sizes in sorted(found.items(), key=lambda each: -each[1][2]):
        print("{:>10,} {:>10,} {:>10,}  {}".format(*sizes, name))
    whole = [sum(sizes[i] for sizes in found.values()) for i in range(3)]
    print("{:>10,} {:>10,} {:>10,}  in all; at most {:,}".format(*whole, BROTLI_BYTES_MAX))


def licences_page(top: Path = TOP) -> str:
    """Return docs/console-licences.md: whose work is in the console, by the lock file."""
    rows = "\n".join(
        f"| `{name}` | {version} | {licence} |"
        for name, version, licence in shipped_packages(top / "web")
    )
    return f"""# Whose work is in the console

Made by `builders/build_console.py --licences` from `web/package-lock.json`; not written by hand.
The built console has the licence texts in `{LICENCES}`, which a node serves as
`/console/{LICENCES}`. Listed is all that may be in it; of some packages only a part is, or only
their types were read.

| npm package | version | licence |
|---|---|---|
{rows}

`world-atlas` is a form of Natural Earth's data, which is in the public domain. The two fonts are
Noto Sans and Noto Sans Arabic, as they are published, under the SIL Open Font License.
"""


def main() -> int:
    """Do what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="run the checks of web/ too")
    parser.add_argument("--weigh", action="store_true", help="print what each file weighs")
    parser.add_argument("--get-node", action="store_true", help="if there is none")
    parser.add_argument("--brief", action="store_true", help="one line if it cannot be built")
    parser.add_argument("--licences", action="store_true", help=f"make {LICENCES_PAGE} anew")
    asked = parser.parse_args()
    if asked.licences:
        (TOP / LICENCES_PAGE).write_text(licences_page(), "utf-8")
        return 0
    started_s = time.monotonic()
    try:
        made = ensure_built(may_get_node=asked.get_node)
        if made:
            print(f"console built in {time.monotonic() - started_s:.1f} s", file=sys.stderr)
        if asked.weigh:
            print_weights(require_node(), console_of())
        if asked.check:
            node = _node(TOP, may_get_node=asked.get_node)
            install_tools(TOP, node)
            return 1 if run_checks(TOP, node) else 0
    except InputFault as fault:
        told = f"the console is {flaw() or 'built, but its checks were not done'}: {fault}"
        print(f"{told}; the plain page at / works without it", file=sys.stderr)
        found = fault.findings if isinstance(fault, OutputFault) else ()
        for line in () if asked.brief else (*found, *getattr(fault, "__notes__", ())):
            print(line, file=sys.stderr)
        return 3 if isinstance(fault, NoNode) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
