"""Serves the built console under /console/: files that its build listed, read once, nothing else.

The files are read and checked when the node starts, so a request names a file of this list or
none, and a console that is rebuilt below a running node leaves that node as it is. Where the
console was not built, or is not whole, one plain page without a script says so; the node's own
page needs no console.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from parley.world.faults import InputFault

CONSOLE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "worker-src 'self'; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""Scripts, styles and connections of this very node; the plain page allows no script at all."""
FOLDER_VARIABLE = "PARLEY_CONSOLE"
"""Names another folder than the package's own, for whoever works on the console."""
LIST = "built.json"
"""Written last by builders/build_console.py: each file's digest, and of what all was built."""
CONSOLE_BYTES_MAX = 33_554_432
"""All of it is kept in memory; the whole console is a tenth of that."""
MEDIA_TYPES = {
    ".bin": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".geojson": "application/geo+json",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".pbf": "application/x-protobuf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""By suffix; the build refuses a file with another one."""
_PRESSED = {".ico", ".png", ".webp", ".woff2"}
_GZIP_BYTES_MIN = 1_024
_HASHED = re.compile(r"^assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$")
_FOR_EVER = "max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_REPAIR = "run ./run or `python builders/build_console.py` in a checkout, then start the node again"


@dataclass(slots=True)
class ConsoleFile:
    """One file of the console, as it is served.

    Attributes:
        data: its bytes.
        media_type: by its suffix.
        tag: its digest; the same bytes are not sent twice.
        keeping: whether a browser may keep it without asking.
        pressed: its bytes by gzip, once somebody asked for them.
    """

    data: bytes
    media_type: str
    tag: str
    keeping: str
    pressed: bytes | None = field(default=None, repr=False)

    def gzipped(self) -> bytes:
        """Return the bytes by gzip, the same each time."""
        if self.pressed is None:
            self.pressed = gzip.compress(self.data, 6, mtime=0)
        return self.pressed


def console_folder() -> Path:
    """Return the folder that the console is served from."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(__file__).parent / "console"


def read_console(folder: Path) -> dict[str, ConsoleFile]:
    """Return the files of a console by their names below the folder.

    A folder without the build's list is a developer's own: everything in it is served.

    Raises:
        InputFault: there is none, or it is not as its build left it.
    """
    found: dict[str, ConsoleFile] = {}
    left_bytes = CONSOLE_BYTES_MAX
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file() or name == LIST:
            continue
        left_bytes -= path.stat().st_size
        if left_bytes < 0:
            limit = f"at most {CONSOLE_BYTES_MAX} bytes"
            raise InputFault(f"the console in {folder}", value="more", wanted=limit, repair=_REPAIR)
        found[name] = _read_file(path, name)
    if "index.html" not in found:
        value = "without index.html" if folder.is_dir() else "missing"
        raise InputFault(f"the console in {folder}", value=value, wanted="built", repair=_REPAIR)
    _check_against_list(folder, found)
    return found


def _read_file(path: Path, name: str) -> ConsoleFile:
    data = path.read_bytes()
    return ConsoleFile(
        data=data,
        media_type=MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        tag=hashlib.sha256(data).hexdigest(),
        keeping=_FOR_EVER if _HASHED.match(name) else _ASK_AGAIN,
    )


def _check_against_list(folder: Path, found: dict[str, ConsoleFile]) -> None:
    try:
        text = (folder / LIST).read_text("utf-8")
    except FileNotFoundError:
        return
    try:
        listed = dict(json.loads(text)["files"])
    except (ValueError, KeyError, TypeError):
        raise InputFault(
            str(folder / LIST), value="unreadable", wanted="the build's list", repair=_REPAIR
        ) from None
    is_there = {name: file.tag for name, file in found.items()}
    for name in sorted({*listed, *is_there}):
        if listed.get(name) != is_there.get(name):
            value = "missing" if name not in is_there else "another than was built"
            raise InputFault(
                f"the console's file {name}", value=value, wanted="as built", repair=_REPAIR
            )


# ---- the routes ---------------------------------------------------------------------------------


class _Console:
    """The routes of one folder."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, ConsoleFile] = {}
        self._fault: InputFault | None = None
        try:
            self._files = read_console(folder)
        except InputFault as fault:
            self._fault = fault
        except OSError as error:
            self._fault = InputFault(
                f"the console in {folder}", value=error.strerror, wanted="readable", repair=_REPAIR
            )

    async def send(self, request: Request) -> Response:
        """Answer with a file of the list."""
        name = str(request.path_params.get("name", "")) or "index.html"
        file = self._files.get(name)
        if file is not None:
            return await _reply(file, request)
        if self._fault is not None and name == "index.html":
            return _headed(Response(_page(self._fault), 404, media_type="text/html"))
        fault = self._fault or InputFault(
            f"/console/{name}", value="not there", wanted="a file of the console"
        )
        return _headed(Response(f"{fault}\n", 404, media_type="text/plain"))


async def _reply(file: ConsoleFile, request: Request) -> Response:
    suffix = next((s for s, kind in MEDIA_TYPES.items() if kind == file.media_type), "")
    may_press = suffix not in _PRESSED and len(file.data) >= _GZIP_BYTES_MIN
    presses = may_press and _takes_gzip(request.headers.get("accept-encoding", ""))
    # Two forms of one file are two things to a cache.
    tag = f'"{file.tag[:32]}{"-gzip" if presses else ""}"'
    headers = {"Cache-Control": file.keeping, "ETag": tag}
    if may_press:
        headers["Vary"] = "Accept-Encoding"
    if tag in _tags(request.headers.get("if-none-match", "")):
        return _headed(Response(status_code=304, headers=headers))
    data = file.data
    if presses:
        headers["Content-Encoding"] = "gzip"
        data = await run_in_threadpool(file.gzipped)  # tens of ms for the map's script, once
    # With its type as a header: Starlette would add a second charset to some.
    return _headed(Response(data, headers={**headers, "Content-Type": file.media_type}))


def _headed(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONSOLE_POLICY
    return response


def _takes_gzip(accepted: str) -> bool:
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _tags(header: str) -> set[str]:
    return {each.strip().removeprefix("W/") for each in header.split(",")}


def _page(fault: InputFault) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley: no console</title><link rel="stylesheet" href="/style.css"></head>
<body><main><h1>This node has no console</h1>
<p>What is missing: {escape(str(fault.what))} is {escape(str(fault.value))}, wanted
{escape(fault.wanted)}.</p>
<p>Why: the console is built from its sources before it is packed; this copy of Parley was packed or
started without that, or its files were changed afterwards. The node itself works.</p>
<p>Repair: {escape(fault.repair)}.</p>
<p>Until then: <a href="/">the node's plain page</a>, which needs no script.</p>
</main></body></html>
"""


async def _redirect(_request: Request) -> Response:
    return _headed(RedirectResponse("/console/"))


def console_routes(folder: Path | None = None) -> list[Route]:
    """Return the routes of the console, or of the page that says why there is none.

    Args:
        folder: where it lies; `console_folder()` without it.
    """
    console = _Console(console_folder() if folder is None else folder)
    return [
        Route("/console", _redirect, methods=["GET"]),
        Route("/console/{name:path}", console.send, methods=["GET"]),
    ]
