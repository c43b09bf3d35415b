"""Says whether a built console is whole, and what it is built of: digests, checks, licences.

A console that is not whole is never served and never packed: `check_output` looks at a fresh build
before it takes the old one's place, `flaw_of` at one that lies in the package, by the list of its
files (`built.json`) that the build wrote last.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
if str(TOP / "src") not in sys.path:
    sys.path.insert(0, str(TOP / "src"))

from parley.world.faults import InputFault  # noqa: E402  src comes onto the path above

LIST = "built.json"
LICENCES = "licences.txt"
SUFFIXES = {
    ".bin", ".css",
    ".geojson", ".html", ".ico", ".js", ".json", ".mjs", ".pbf", ".png", ".svg", ".txt",
    ".wasm", ".webmanifest", ".webp", ".woff2",
}  # fmt: skip
"""What a node serves with its right media type (parley.app.console_files); a test compares them."""
TEXT = {".css", ".geojson", ".html", ".js", ".json", ".mjs", ".svg", ".webmanifest"}
BUILDERS = ("build_console.py", "console_node.py", "console_output.py")
_NOT_SOURCE = {"node_modules", "tests", "dist", "coverage", "test-results"}
_TEST = re.compile(r"\.test\.tsx?$")
_TOP_SUFFIXES = {".html", ".json", ".ts", ".mjs", ".js"}
_NOT_BUILT_OF = {"biome.json"}

# What the output must hold as soon as a source names a thing: word in the sources, what, and how it
# is known in the output (a file's name, or bytes inside one).
_PARTS: tuple[tuple[str, str, re.Pattern[str] | None, bytes], ...] = (
    (r"\.css[\"']", "a style sheet", re.compile(r"\.css$"), b""),
    (r"from [\"']maplibre-gl[\"']", "the map's worker", re.compile(r"worker[^/]*\.m?js$"), b""),
    (r"[\"']virtual:coarse-countries", "the base map", re.compile(r"coast[^/]*\.bin$"), b""),
    (r"[\"']@fontsource/|\.woff2", "the fonts", re.compile(r"\.woff2$"), b""),
)
ADDRESSES: dict[str, str] = {
    "http://www.w3.org/1998/Math/MathML": "a name space of XML",
    "http://www.w3.org/1999/xhtml": "a name space of XML",
    "http://www.w3.org/1999/xlink": "a name space of XML",
    "http://www.w3.org/2000/svg": "a name space of XML",
    "http://www.w3.org/2000/xmlns/": "a name space of XML",
    "http://www.w3.org/XML/1998/namespace": "a name space of XML",
    "https://github.com/maplibre/maplibre-gl-js/blob/": "MapLibre's licence, named in a comment",
    "https://github.com/mapbox/mapbox-gl-js/issues/2907": "MapLibre's warning, a text",
    "https://maplibre.invalid/": "a base that MapLibre puts before a path; .invalid has no host",
    "https://maplibre.org/": "MapLibre's credit: a link that a person may follow",
    "https://wiki.openstreetmap.org/wiki/This_map_requires_WebGL": "MapLibre's error, a text",
}
"""Every address that may stand in the output, by its beginning: none of them is ever asked."""
_ADDRESS = re.compile(r"(?:https?|wss?)://[A-Za-z0-9\[][^\s\"'`<>()\\{}|^]*")
_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|tmp|work|var/folders|builds|runner)/[\w.-]+/")
_MAP = re.compile(r"//[#@]\s*sourceMappingURL=|/\*[#@]\s*sourceMappingURL=")
_IN_HTML = re.compile(r"(?:src|href)=[\"']([^\"'#?]+)")
_IN_CSS = re.compile(r"url\(\s*[\"']?([^\"')#?]+)")
# Addresses of files in a script: what is imported, and what stands below the console's own folder.
_IN_JS = re.compile(
    r"(?:\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*)[\"'`](\.{1,2}/[^\"'`$?#]+)[\"'`]"
    r"|[\"'`](/console/[^\"'`$?#\s]+\.[a-z0-9]+)[\"'`?#]"
    r"|[\"'`](assets/[^\"'`$?#\s]+\.[a-z0-9]+)[\"'`]"
)


class OutputFault(InputFault):
    """A fresh build is not whole, or holds what must not leave this machine.

    Attributes:
        findings: all that is wrong, each as one line.
    """

    def __init__(self, findings: tuple[str, ...]) -> None:
        self.findings = findings
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(
            "the console just built", value=f"not kept: {findings[0][:110]}{more}",
            wanted="a whole one that asks nothing of any other host",
            repair="change web/, or add it with its reason to builders/console_output.py",
        )  # fmt: skip


def sha256(data: bytes) -> str:
    """Return the digest in hex."""
    return hashlib.sha256(data).hexdigest()


# ---- what it is built of ------------------------------------------------------------------------


def source_files(top: Path = TOP) -> list[Path]:
    """Return the files that a build depends on: of web/ without its tests, and the builders."""
    web = top / "web"
    found = [p for p in web.iterdir() if p.suffix in _TOP_SUFFIXES and p.name not in _NOT_BUILT_OF]
    for folder in web.iterdir():
        if folder.is_dir() and folder.name not in _NOT_SOURCE and not folder.name.startswith("."):
            found += [p for p in folder.rglob("*") if not p.name.startswith(".")]
    found = [p for p in found if p.is_file() and not _TEST.search(p.name)]
    return sorted([*found, *(top / "builders" / name for name in BUILDERS)])


def sources_digest(top: Path = TOP) -> str:
    """Return the digest of all that a build depends on; "" where there is no web/."""
    if not (top / "web" / "index.html").is_file():
        return ""
    lines = [f"{sha256(p.read_bytes())} {p.relative_to(top).as_posix()}" for p in source_files(top)]
    return sha256("\n".join(lines).encode())


def write_list(folder: Path, sources_sha256: str) -> None:
    """Write the list of the folder's files with their digests, and of what they are built."""
    files = {name: sha256((folder / name).read_bytes()) for name in names_in(folder)}
    text = json.dumps({"sources_sha256": sources_sha256, "files": files}, indent=1, sort_keys=True)
    (folder / LIST).write_text(text + "\n", "utf-8")


def names_in(folder: Path) -> list[str]:
    """Return the names of all files below a folder but the list itself, sorted."""
    found = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())
    return sorted(name for name in found if name != LIST)


def flaw_of(folder: Path, sources_sha256: str) -> str:
    """Return why the console in this folder cannot be used as it is; "" if it can.

    Args:
        folder: where a console may lie.
        sources_sha256: what it is to be built of; "" where nobody knows.
    """
    if not (folder / LIST).is_file():
        return "not built" if not folder.is_dir() or not names_in(folder) else "without its list"
    try:
        listed = json.loads((folder / LIST).read_text("utf-8"))
        files, built_of = dict(listed["files"]), str(listed["sources_sha256"])
    except (ValueError, KeyError, TypeError):
        return f"with a broken {LIST}"
    if "index.html" not in files:
        return "without index.html"
    names = names_in(folder)
    for name in sorted({*files, *names}):
        if name not in files:
            return f"with {name}, which its build did not make"
        if name not in names:
            return f"without {name}"
        if sha256((folder / name).read_bytes()) != files[name]:
            return f"with another {name} than was built"
    return "of older sources" if sources_sha256 not in ("", built_of) else ""


# ---- what a fresh build must be -----------------------------------------------------------------


def check_output(folder: Path, web: Path) -> None:
    """Check a fresh build.

    Raises:
        OutputFault: it is not whole, or holds what must not leave this machine.
    """
    found = (*_missing(folder, web), *_strange(folder, web))
    if found:
        raise OutputFault(found)


def _missing(folder: Path, web: Path) -> Iterator[str]:
    names = names_in(folder)
    index = folder / "index.html"
    if not index.is_file() or not index.read_bytes().strip():
        yield "it has no index.html"
        return
    if not any(name.endswith(".js") for name in names):
        yield "it has no script"
    sources = "\n".join(
        p.read_text("utf-8", "replace")
        for p in (web / "src").rglob("*")
        if p.suffix in {".ts", ".tsx", ".css"} and not _TEST.search(p.name)
    )
    for word, what, named, held in _PARTS:
        if not re.search(word, sources):
            continue
        if named and any(named.search(name) for name in names):
            continue
        if held and any(held in (folder / name).read_bytes() for name in names):
            continue
        yield f"it lacks {what}, which web/src names"
    for name in names:
        for wanted in sorted(_named_in(folder, name)):
            if wanted not in names:
                yield f"{name} names {wanted}, which is not there"


def _named_in(folder: Path, name: str) -> set[str]:
    """The files of the console that this file names."""
    suffix = Path(name).suffix
    pattern = {".html": _IN_HTML, ".css": _IN_CSS, ".js": _IN_JS, ".mjs": _IN_JS}.get(suffix)
    if pattern is None:
        return set()
    found = set()
    for match in pattern.finditer((folder / name).read_text("utf-8", "replace")):
        address = next(group for group in match.groups() if group)
        if address.startswith("/console/"):
            path = address.removeprefix("/console/")
        elif address.startswith("assets/"):
            path = address
        elif address.startswith(("/", "data:")) or ":" in address:
            continue  # the plain page; what is another address is told by its own check
        else:
            path = (Path("/") / Path(name).parent / address).as_posix()
            path = Path(*_resolved(path)).as_posix()
        if path not in ("", "."):
            found.add(path)
    return found


def _resolved(path: str) -> list[str]:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return parts


def _strange(folder: Path, web: Path) -> Iterator[str]:
    for name in names_in(folder):
        path = folder / name
        if path.is_symlink():
            yield f"{name} is a link"
        elif path.suffix == ".map":
            yield f"{name} is a source map"
        elif path.suffix == ".woff":
            yield f"{name} is a font that its .woff2 makes needless: name that alone in @font-face"
        elif path.suffix not in SUFFIXES:
            yield f"{name} has a suffix that a node does not serve"
        elif path.suffix in TEXT:
            for told in _strange_text(path.read_text("utf-8", "replace"), web):
                yield f"{name} {told}"


def _strange_text(text: str, web: Path) -> Iterator[str]:
    if _MAP.search(text):
        yield "names a source map"
    if str(web) in text or (machine := _MACHINE.search(text)):
        told = str(web) if str(web) in text else machine.group() if machine else ""
        yield f"names this machine's path {told}"
    for address in sorted({match.group() for match in _ADDRESS.finditer(text)}):
        if not address.startswith(tuple(ADDRESSES)):
            yield f"names the address {address[:80]}"


# ---- whose work it is ---------------------------------------------------------------------------


def shipped_packages(web: Path) -> list[tuple[str, str, str]]:
    """Return the npm packages that may be in the console, as name, version and licence.

    By the lock file: all that is not for building and testing alone.
    """
    lock = json.loads((web / "package-lock.json").read_text("utf-8"))
    return sorted(
        (path.rpartition("node_modules/")[2], each["version"], each.get("license", "not told"))
        for path, each in lock["packages"].items()
        if path and not each.get("dev")
    )


def licences(web: Path) -> str:
    """Return the licence texts of all packages that may be in the console.

    Raises:
        InputFault: a package is not installed.
    """
    parts = ["The console is part of Parley (Apache-2.0). It holds work of these packages:\n"]
    for name, version, licence in shipped_packages(web):
        folder = web / "node_modules" / name
        if not folder.is_dir():
            raise InputFault(
                f"web/node_modules/{name}", value="missing", wanted="installed",
                repair="run builders/build_console.py again",
            )  # fmt: skip
        files = [
            p for p in folder.iterdir() if re.match(r"(?i)(licen[cs]e|copying|notice)", p.name)
        ]
        texts = [p.read_text("utf-8", "replace").strip() for p in sorted(files) if p.is_file()]
        told = "\n\n".join(texts) or _told_in_package(folder)
        parts.append(f"{'=' * 78}\n{name} {version}: {licence}\n{'=' * 78}\n{told}\n")
    return "\n".join(parts)


def _told_in_package(folder: Path) -> str:
    """What a package without a licence file says of itself."""
    about = json.loads((folder / "package.json").read_text("utf-8"))
    author = about.get("author", "not named")
    author = author.get("name", "not named") if isinstance(author, dict) else author
    return f"No file of its own; its package.json says: {about.get('license')}, by {author}."
