"""A fixture, as a plugin: two running nodes that the tests of one worker share."""

from __future__ import annotations

import pytest

from app.twonodes import make_pair, running


@pytest.fixture(scope="session")
def nodes(tmp_path_factory):
    """Give both nodes by party; each test adds entries of its own."""
    with running(make_pair(tmp_path_factory.mktemp("pair"), tracks=True)) as started:
        yield started
