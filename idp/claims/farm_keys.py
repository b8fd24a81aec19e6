"""Keys of the machines that ask for claims: one for each ADFS farm, kept as a hash, shown once.

Two keys of one farm are valid at the same time, so that a new one can be put in place before the old one is revoked.
"""

import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import neo4j

from graph.connection import Run
from idp.sealing import hash_of

PREFIX = "rcf_"  # so that a secret scanner recognises a leaked one
_AT_ONCE = 2
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FarmKeyRejected(ValueError):
    """A key can't be made with these arguments."""


@dataclass(frozen=True, slots=True)
class FarmKey:
    """A key as it is kept. ``networks``: where it may be used from; empty = from anywhere."""

    id: str
    farm: str
    networks: tuple[str, ...]
    created: datetime

    def is_allowed_from(self, address: str | None) -> bool:
        """Whether a caller with this address may use it. One of IPv4 is the same as a socket for both kinds writes it
        (``::ffff:10.1.2.9``), in the networks too."""
        if not self.networks:
            return True
        try:
            found = ipaddress.ip_address(address or "")
        except ValueError:
            return False
        return any(each in ipaddress.ip_network(network) for each in _forms(found) for network in self.networks)


def _forms(address: _Address) -> list[_Address]:
    """The ways to write one address."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address, ipaddress.IPv6Address(f"::ffff:{address}")]
    return [address] if address.ipv4_mapped is None else [address, address.ipv4_mapped]


def create(driver: neo4j.Driver, farm: str, networks: Sequence[str], now: datetime) -> str:
    """A new key; its secret. Raises FarmKeyRejected: a blank name, a wrong network, or two keys already."""
    name = farm.strip()
    if not name:
        raise FarmKeyRejected("Name the farm.")
    try:
        written = sorted(str(ipaddress.ip_network(each)) for each in networks)
    except ValueError as wrong:
        raise FarmKeyRejected(f"A network is an address or a range, such as 10.1.2.0/24: {wrong}.") from wrong
    secret = PREFIX + secrets.token_urlsafe(32)
    rows, _, _ = driver.execute_query(
        """
        MERGE (f:ClaimsFarm {name: $farm})
        SET f.touched = $now
        WITH f, size(COLLECT { MATCH (k:FarmKey {farm: $farm}) RETURN k }) AS valid
        WHERE valid < $most
        CREATE (k:FarmKey {id: $id, hash: $hash, farm: $farm, networks: $networks, created: $now})
        RETURN k.id AS id
        """,
        farm=name,
        most=_AT_ONCE,
        id=secrets.token_hex(4),
        hash=hash_of(secret),
        networks=written,
        now=now,
    )
    if not rows:
        raise FarmKeyRejected(f"{name} has {_AT_ONCE} keys already; revoke the one that is no longer used.")
    return secret


def revoke(driver: neo4j.Driver, identity: str) -> bool:
    """End a key at once. False if there is none with this id."""
    rows, _, _ = driver.execute_query(
        "MATCH (k:FarmKey {id: $id}) DETACH DELETE k RETURN count(*) AS revoked", id=identity
    )
    return bool(rows[0]["revoked"])


def keys(driver: neo4j.Driver) -> list[FarmKey]:
    """All keys, by farm and age."""
    rows, _, _ = driver.execute_query(
        "MATCH (k:FarmKey) RETURN k {.id, .farm, .networks, .created} AS key ORDER BY k.farm, k.created"
    )
    return [_key(row["key"]) for row in rows]


def key_of(run: Run, secret: str) -> FarmKey | None:
    """The key of a secret; None if it is unknown or revoked."""
    row = run.run(
        "MATCH (k:FarmKey {hash: $hash}) RETURN k {.id, .farm, .networks, .created} AS key", hash=hash_of(secret)
    ).single()
    return None if row is None else _key(row["key"])


def _key(kept: dict[str, object]) -> FarmKey:
    created = kept["created"]
    assert isinstance(created, neo4j.time.DateTime)
    networks = kept["networks"]
    assert isinstance(networks, list)
    return FarmKey(str(kept["id"]), str(kept["farm"]), tuple(networks), created.to_native())
