"""House rules over the whole tree: layers, tracked files, requirements, licence, entry points."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from house import checkers
from house.tree import SRC, TOP, findings, own_files, refuse

TEXT_SUFFIXES = {
    "", ".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".json", ".geojson", ".sh", ".html",
    ".css", ".js", ".ts", ".svg", ".csv",
}  # fmt: skip
APACHE_2_SHA256 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""Of the unmodified text of the Apache License 2.0, as Debian ships it in common-licenses."""


def lint_imports(folder):
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        check=False,
        text=True,
    )


def test_the_layers_hold():
    done = lint_imports(TOP)
    assert done.returncode == 0, done.stdout


def test_the_layer_contracts_bite(tmp_path):
    shutil.copytree(SRC, tmp_path / "src" / "parley", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    with (tmp_path / "src/parley/world/units.py").open("a") as file:
        file.write("\nimport sqlite3\nimport parley.node\n")
    (tmp_path / "src/parley/misc.py").write_text('"""A junk drawer."""\n')
    done = lint_imports(tmp_path)
    assert done.returncode != 0
    for culprit in ("parley.world.units -> parley.node", "parley.world.units -> sqlite3", "misc"):
        assert culprit in done.stdout


def test_no_registry_and_no_machine_path_in_any_file():
    files = [p for p in own_files() if p.suffix in TEXT_SUFFIXES]
    assert TOP / "pyproject.toml" in files
    refuse(findings(files, checkers.addresses))


def test_the_address_checker_bites():
    assert checkers.addresses("see https://" + "py" + "pi.org/simple")
    assert checkers.addresses("--index" + "-url http://x")
    assert checkers.addresses("/wo" + "rk/main")
    assert checkers.addresses("a framework/ and the root/ of a tree") == []


def pins(name):
    text = (TOP / name).read_text("utf-8")
    blocks = re.findall(
        r"^([a-z0-9-]+)==(\S+)((?: *[;\\].*\n|    --hash.*\n?)+)", text, re.MULTILINE
    )
    return {n: v for n, v, _ in blocks}, [
        n for n, _, rest in blocks if "--hash=sha256:" not in rest
    ]


def test_requirements_are_pinned_hashed_and_agree():
    """./run is satisfied by what ./test installed, and every direct dependency is there."""
    run_pins, run_bare = pins("requirements.txt")
    test_pins, test_bare = pins("requirements-test.txt")
    assert run_bare == test_bare == []
    assert run_pins.items() <= test_pins.items()
    assert "uv" in test_pins
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))

    def names(wanted):
        return {re.match(r"[a-z0-9-]+", w).group() for w in wanted}

    assert names(project["project"]["dependencies"]) <= run_pins.keys()
    assert names(project["dependency-groups"]["dev"]) <= test_pins.keys()


def test_the_lock_file_stays_untracked():
    assert "uv.lock" in (TOP / ".gitignore").read_text().split()
    assert TOP / "uv.lock" not in own_files()


def test_the_licence_is_the_unmodified_text():
    assert hashlib.sha256((TOP / "LICENSE").read_bytes()).hexdigest() == APACHE_2_SHA256


@pytest.mark.parametrize("name", ["run", "test", ".ci/run"])
def test_the_commands_are_runnable_and_strict(name):
    path = TOP / name
    assert os.access(path, os.X_OK)
    assert "set -euo pipefail" in path.read_text()
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


def test_ci_runs_what_a_person_runs():
    assert (
        (TOP / ".ci/run")
        .read_text()
        .rstrip()
        .endswith('exec bash "$(dirname "${BASH_SOURCE[0]}")/../test"')
    )


def test_package_data_is_there():
    assert (SRC / "py.typed").is_file()
    assert tomllib.loads((SRC / "world" / "norms.toml").read_text("utf-8"))["version"]
