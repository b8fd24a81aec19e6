"""CPR numbers at rest (architecture.md §3)."""

import neo4j
import pytest
from cryptography.exceptions import InvalidTag

from graph.cpr.keyring import Keyring, MissingKey, OtherKeys, require_keys_of, rotate
from importers.pipeline.import_run import run_import
from tests.graph.organisation import Stating, small

CPR = "1101575001"


def test_the_same_number_encrypts_differently_and_decrypts_alike() -> None:
    ring = Keyring.generate()
    (one, key), (other, _) = ring.encrypt(CPR), ring.encrypt(CPR)
    assert one != other
    assert ring.decrypt(one, key) == ring.decrypt(other, key) == CPR
    assert ring.hash(CPR) == ring.hash(CPR) != Keyring.generate().hash(CPR)


def test_a_missing_or_wrong_key_is_an_error() -> None:
    ring = Keyring.generate()
    cipher, key = ring.encrypt(CPR)
    with pytest.raises(MissingKey):
        ring.decrypt(cipher, "k0")
    with pytest.raises(InvalidTag):
        Keyring.generate().decrypt(cipher, key)
    with pytest.raises(ValueError, match="32"):
        Keyring({"k": b"short"}, "k", b"0" * 32)
    assert CPR not in repr(ring) and "keys" not in repr(ring)


def test_rotation_leaves_every_number_readable_with_the_new_key_alone(clean_graph: neo4j.Driver) -> None:
    old = Keyring({"k1": b"1" * 32}, "k1", b"h" * 32)
    run_import(clean_graph, Stating(*small()), old)
    both = Keyring({"k1": b"1" * 32, "k2": b"2" * 32}, "k2", b"h" * 32)
    assert rotate(clean_graph, both) == 3
    assert rotate(clean_graph, both) == 0
    new = Keyring({"k2": b"2" * 32}, "k2", b"h" * 32)
    rows, _, _ = clean_graph.execute_query("MATCH (p:Person) RETURN p.cpr_cipher AS cipher, p.cpr_key AS key")
    assert sorted(new.decrypt(row["cipher"], row["key"]) for row in rows)[-1] == CPR


def test_no_number_is_anywhere_in_the_graph(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), Keyring.generate())
    rows, _, _ = clean_graph.execute_query("MATCH (n) RETURN properties(n) AS values")
    assert rows
    assert not [row for row in rows if CPR in str(row["values"])]


def test_other_keys_than_the_graphs_are_refused(clean_graph: neo4j.Driver) -> None:
    ring = Keyring({"k1": b"1" * 32}, "k1", b"h" * 32)
    require_keys_of(clean_graph, Keyring.generate())  # nothing is written yet: any keys will do
    run_import(clean_graph, Stating(*small()), ring)
    require_keys_of(clean_graph, ring)
    for other in (
        Keyring({"k1": b"1" * 32}, "k1", b"x" * 32),  # finds nobody by number
        Keyring({"k1": b"2" * 32}, "k1", b"h" * 32),  # opens no number
    ):
        with pytest.raises(OtherKeys, match="other keys"):
            require_keys_of(clean_graph, other)
    with pytest.raises(MissingKey, match="'k1'"):
        require_keys_of(clean_graph, Keyring({"k2": b"1" * 32}, "k2", b"h" * 32))
