"""What the house tests share."""

from __future__ import annotations

import pytest

from house.tree import nodes_of


@pytest.fixture(scope="module", autouse=True)
def _sources_read_once():
    yield
    nodes_of.cache_clear()
