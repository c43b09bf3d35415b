"""How ./run and ./test set up: the functions of builders/environment.sh, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from house.tree import TOP


def shell(script, top, **environment):
    return subprocess.run(
        ["bash", "-c", f'set -euo pipefail; . "$top/builders/environment.sh"; {script}'],
        env={"PATH": os.environ["PATH"], "top": str(top), **environment},
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.fixture
def checkout(tmp_path):
    top = tmp_path / "a folder with blanks"
    (top / "builders").mkdir(parents=True)
    shutil.copy(TOP / "builders/environment.sh", top / "builders")
    for name in ("requirements.txt", "requirements-test.txt"):
        shutil.copy(TOP / name, top)
    return top


def give_venv(top):
    (top / ".venv/bin").mkdir(parents=True)
    (top / ".venv/bin/python").symlink_to(sys.executable)


def write_stamp(top, level):
    made = 'cat "$top/requirements.txt" "$top/requirements-test.txt" "$top/builders/environment.sh"'
    shell(f"{made} | sha256sum | sed 's/ .*/ {level}/' >\"$top/.venv/parley.stamp\"", top)


@pytest.mark.parametrize(
    ("installed", "wanted", "skips"),
    [("run", "run", True), ("test", "test", True), ("test", "run", True), ("run", "test", False)],
)
def test_set_up_is_skipped_only_when_it_was_done(checkout, installed, wanted, skips):
    give_venv(checkout)
    write_stamp(checkout, installed)
    no_work = "make_venv() { exit 9; }; install_uv() { exit 9; }; "
    done = shell(f"{no_work} set_up {wanted}", checkout)
    assert (done.returncode, "setting up" in done.stderr) == ((0, False) if skips else (9, True))


def test_changed_requirements_set_up_again(checkout):
    give_venv(checkout)
    write_stamp(checkout, "test")
    with (checkout / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    assert shell("install_uv() { exit 9; }; set_up run", checkout).returncode == 9


def test_without_root_the_one_line_is_printed(checkout):
    done = shell("id() { echo 1000; }; apt_install python3-venv", checkout)
    assert done.returncode == 1
    line = "apt-get update && apt-get install -y --no-install-recommends python3-venv"
    assert done.stderr.splitlines() == [f"missing: python3-venv; as root run: {line}"]


def test_an_old_python_is_passed_over(checkout, tmp_path):
    for name, code in (("python3", 1), ("python3.12", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    assert shell("find_python", checkout, PATH=path).stdout.strip() == str(tmp_path / "python3.12")


def test_uv_is_installed_at_its_pinned_hashes(checkout):
    """The block that pip gets is exactly uv's pin with all of its hashes."""
    (checkout / ".venv/bin").mkdir(parents=True)
    pip = checkout / ".venv/bin/python"
    pip.write_text('#!/bin/sh\necho "$@"\n')
    pip.chmod(0o755)
    called = shell("install_uv", checkout).stderr
    assert f"--no-deps --require-hashes -r {checkout}/.venv/uv.txt" in called
    block = (checkout / ".venv/uv.txt").read_text().splitlines()
    assert block[0].startswith("uv==")
    assert len(block) > 2
    assert all("--hash=sha256:" in line for line in block[1:])
    assert not block[-1].endswith("\\")
    assert "\n".join(block) in (TOP / "requirements-test.txt").read_text()
