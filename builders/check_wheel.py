"""Builds wheel and sdist; checks what they hold, and that the wheel runs with what it requires.

An import that only works in the development environment fails here, and so does a wheel without its
console: where there is no Node.js, the sdist must give the same wheel, and the wheel serve every
file of the console. `PARLEY_NO_CONSOLE=1` checks a wheel that has none on purpose.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
UV = TOP / ".venv" / "bin" / "uv"
NEEDED = ("parley/py.typed", "parley/world/norms.toml")
CONSOLE = "parley/app/console/"
NO_CONSOLE = os.environ.get("PARLEY_NO_CONSOLE") == "1"
WHEEL_BYTES_GOAL = 3_000_000
IMPORT_ALL = """
import importlib, pkgutil, parley
found = pkgutil.walk_packages(parley.__path__, "parley.")
names = [m.name for m in found if not m.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(f"{len(names)} modules import with the runtime requirements only")
"""
SERVE_ALL = """
import json, shutil, socket, threading, time, urllib.error, urllib.request
import uvicorn
from starlette.applications import Starlette
from parley.app.console_files import CONSOLE_POLICY, LIST, console_folder, console_routes

assert shutil.which("node") is None, "there is a node on PATH"
listening = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(Starlette(routes=console_routes()), log_level="warning"))
threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
while not server.started:
    time.sleep(0.01)
at = f"http://127.0.0.1:{listening.getsockname()[1]}/console"
wanted = json.loads((console_folder() / LIST).read_text("utf-8"))["files"]
for name in ("", "/", *(f"/{name}" for name in wanted)):
    with urllib.request.urlopen(at + name) as reply:
        assert reply.status == 200, name
        assert reply.read(), name
        assert reply.headers["Content-Security-Policy"] == CONSOLE_POLICY, name
server.should_exit = True
print(f"{len(wanted)} files of the console are served with no node on PATH")
"""


def run(
    *command: object, cwd: Path = TOP, quiet: bool = False, **more: str
) -> subprocess.CompletedProcess[str]:
    """Return the finished process; its output goes on only when it failed."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        env={**environment, **more},
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode and not quiet:
        sys.exit(f"failed: {' '.join(str(c) for c in command)}\n{done.stdout}{done.stderr}")
    return done


def build(folder: Path, target: str = "wheel", top: Path = TOP, **more: str) -> Path:
    """Return the wheel or sdist, built into `folder` without isolation or network."""
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder, cwd=top, **more)
    (package,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return package


def check_contents(wheel: Path) -> None:
    """Check that the wheel holds its data files, its licence and every source file; no more."""
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        p.relative_to(TOP / "src").as_posix()
        for p in (TOP / "src").rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    if NO_CONSOLE:
        sources = {name for name in sources if not name.startswith(CONSOLE)}
    elif f"{CONSOLE}index.html" not in names:
        sys.exit("the wheel has no console")
    maps = sorted(name for name in names if name.endswith(".map"))
    if maps:
        sys.exit(f"the wheel holds source maps: {', '.join(maps)}")
    missing = sorted((sources | set(NEEDED)) - names)
    missing += [n for n in ("LICENSE", "NOTICE") if not any(m.endswith(f"/{n}") for m in names)]
    if missing:
        sys.exit(f"the wheel lacks {', '.join(missing)}")
    strangers = sorted(n for n in names - sources if ".dist-info/" not in n)
    if strangers:
        sys.exit(f"the wheel holds what is not in src: {', '.join(strangers)}")


def check_sdist(wheel: Path, folder: Path) -> None:
    """Check that the sdist has the console's sources, and gives this wheel with no Node.js."""
    sdist = build(folder / "sdist", "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (top,) = (folder / "unpacked").iterdir()
    wanted = ("web/package-lock.json", "web/.npmrc", "builders/console_hook.py", ".gitignore")
    missing = [name for name in wanted if not (top / name).is_file()]
    if missing:
        sys.exit(f"the sdist lacks {', '.join(missing)}")
    again = build(folder / "again", "wheel", top, PATH=str(folder / "no-programs"))
    if again.read_bytes() != wheel.read_bytes():
        sys.exit("the wheel from the sdist is another than the wheel from the checkout")
    print(f"{sdist.name}: {sdist.stat().st_size / 1024:.0f} KiB, gives the same wheel")


def check_runs(wheel: Path, folder: Path) -> None:
    """Check that the wheel installs into an empty environment and runs there."""
    python = folder / "empty" / "bin" / "python"
    run(UV, "venv", "--python", sys.executable, folder / "empty")
    install = (UV, "pip", "install", "--python", python)
    hashed = ("--require-hashes", "-r", TOP / "requirements.txt")
    if run(*install, "--offline", *hashed, quiet=True).returncode:
        run(*install, *hashed)
    run(*install, "--offline", "--no-deps", wheel)
    print(run(python, "-c", IMPORT_ALL, cwd=folder).stdout.strip())
    if not NO_CONSOLE:
        no_programs = {"PATH": str(folder / "no-programs")}
        print(run(python, "-c", SERVE_ALL, cwd=folder, **no_programs).stdout.strip())
    shown = run(folder / "empty" / "bin" / "parley", "--help", cwd=folder).stdout
    if "demo" not in shown:
        sys.exit(f"parley --help in an empty environment does not name `demo`:\n{shown}")


def main() -> None:
    """Build, check, and print the size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        check_contents(wheel)
        check_sdist(wheel, folder)
        check_runs(wheel, folder)
        size = wheel.stat().st_size
        print(f"{wheel.name}: {size / 1e6:.2f} MB, goal at most {WHEEL_BYTES_GOAL / 1e6:.0f} MB")
        if size > WHEEL_BYTES_GOAL:
            sys.exit("the wheel is larger than its goal: see builders/build_console.py --weigh")


if __name__ == "__main__":
    main()
