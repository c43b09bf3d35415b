"""Builds the wheel; checks its contents, and that it runs with the runtime requirements only.

An import that only works in the development environment fails here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
UV = TOP / ".venv" / "bin" / "uv"
NEEDED = ("parley/py.typed", "parley/world/norms.toml")
IMPORT_ALL = """
import importlib, pkgutil, parley
found = pkgutil.walk_packages(parley.__path__, "parley.")
names = [m.name for m in found if not m.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(f"{len(names)} modules import with the runtime requirements only")
"""


def run(*command: object, cwd: Path = TOP, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Return the finished process; its output goes on only when it failed."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode and not quiet:
        sys.exit(f"failed: {' '.join(str(c) for c in command)}\n{done.stdout}{done.stderr}")
    return done


def build(folder: Path) -> Path:
    """Return the wheel, built into `folder` without isolation or network."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """Check that the wheel holds its data files, its licence and every source file; no more."""
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        p.relative_to(TOP / "src").as_posix()
        for p in (TOP / "src").rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    missing = sorted((sources | set(NEEDED)) - names)
    missing += [n for n in ("LICENSE", "NOTICE") if not any(m.endswith(f"/{n}") for m in names)]
    if missing:
        sys.exit(f"the wheel lacks {', '.join(missing)}")
    strangers = sorted(n for n in names - sources if ".dist-info/" not in n)
    if strangers:
        sys.exit(f"the wheel holds what is not in src: {', '.join(strangers)}")


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
    shown = run(folder / "empty" / "bin" / "parley", "--help", cwd=folder).stdout
    if "demo" not in shown:
        sys.exit(f"parley --help in an empty environment does not name `demo`:\n{shown}")


def main() -> None:
    """Build, check, and print the size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        check_contents(wheel)
        check_runs(wheel, folder)
        print(f"{wheel.name}: {wheel.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
