"""The servers answer."""

import neo4j
import redis

from reconnect.embedded import Addresses


def test_neo4j_answers_a_query(clean_graph: neo4j.Driver) -> None:
    records, _, _ = clean_graph.execute_query("RETURN 1 AS one")
    assert records[0]["one"] == 1


def test_valkey_answers_a_ping(addresses: Addresses) -> None:
    with redis.Redis.from_url(addresses.redis_url) as client:
        assert client.ping()
