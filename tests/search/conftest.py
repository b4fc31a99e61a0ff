"""Engines for the contract suite: each test runs once for each of them, over an index of its own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch
from search_examples import FACETS

from search.elasticsearch_engine import ElasticsearchEngine
from search.engine import SearchEngine
from search.tantivy_engine import TantivyEngine


@pytest.fixture
def server_alias(elasticsearch_url: str) -> Iterator[str]:
    """A name for an index on the real server; everything under it is removed afterwards."""
    alias = f"test-{uuid4().hex}"
    yield alias
    with Elasticsearch(elasticsearch_url) as client:
        for index in client.indices.get_alias(index=f"{alias}-*"):
            client.indices.delete(index=index)


@pytest.fixture
def server_engine(elasticsearch_url: str, server_alias: str) -> Iterator[ElasticsearchEngine]:
    """The Elasticsearch engine over the real server."""
    engine = ElasticsearchEngine(elasticsearch_url, server_alias, FACETS, search_seconds=20, grace_seconds=0.3)
    yield engine
    engine.close()


@pytest.fixture(params=["tantivy", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> SearchEngine:
    """Each engine in turn, empty."""
    if request.param == "tantivy":
        return TantivyEngine(tmp_path / "index", FACETS)
    return request.getfixturevalue("server_engine")
