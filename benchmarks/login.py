"""Responses of the identity provider, signed twice and encrypted, against the bare RSA limit and pysaml2; and claims of
ADFS, against a bare read of the same paths.

pysaml2 is no dependency of the project: uv gives it to a process of its own (``benchmarks.pysaml2_responses``). It runs
``xmlsec1``, which must be on the PATH; without either that figure is left out, and the table says so by its absence.
"""

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import anyio
import httpx
import neo4j
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from starlette.applications import Starlette

from api.availability import Availability
from api.login.claims import ClaimsService, claims_routes
from benchmarks.measured import Measured
from benchmarks.rights import PERSONS
from benchmarks.rights_by_hand import bare_paths
from idp.claims import farm_keys
from idp.saml.authn_requests import AuthnRequest
from idp.saml.keys import new_key
from idp.saml.names import PASSWORD, PERSISTENT
from idp.saml.profiles import PROFILES
from idp.saml.responses import Assertion, response
from idp.saml.service_providers import Endpoint
from idp.sealing import hash_of

SECONDS = 5.0
"""Of each measurement."""
BITS = 2048
SIGNATURES = 2
"""In a response: of the assertion and of the whole."""
OF_RSA, OF_PYSAML2, OF_CLAIMS = 0.7, 5.0, 3.0
ATTRIBUTES = {"mail": ["anje@kommune.example"], "oioBPP": ["QUJD" * 675], "roles": ["a", "b", "c"]}
"""With a document of privileges of 2.7 kB, as in the experiment of docs/formats/saml.md."""
TOO_MANY, FEWEST = "too_many_rights", 30
_ROUNDS = 3
_CVR = "29189846"


def responses() -> Iterator[Measured]:
    """Responses a second of one thread.

    Beside its two signatures a response takes 0.2 ms, half of it to build the assertion with lxml, which escapes what
    is signed. Signatures and what is encrypted are added as text: both are of our own words and Base64.
    """
    now = datetime.now(UTC)
    key = new_key("https://login.kommune.example/saml", "active", now, BITS)
    peer = new_key("https://sp.kommune.example", "active", now, BITS).certificate
    consumer = Endpoint("POST", "https://sp.kommune.example/acs", "https://sp.kommune.example/acs", 0, True)
    request = AuthnRequest(
        id="_1",
        sender="https://sp.kommune.example",
        consumer=consumer,
        relay_state=None,
        must_log_in=False,
        is_passive=False,
        name_id_format=PERSISTENT,
        context=None,
        subject=None,
        requester_ids=(),
        protocol_binding=None,
    )
    asserted = Assertion("0f8fad5b", PERSISTENT, "_s", now, PASSWORD, now, ATTRIBUTES)

    def ours() -> None:
        response("https://login.kommune.example/saml", request, asserted, key, PROFILES["modern"], peer, now)

    def bare() -> None:
        for _ in range(SIGNATURES):
            key.private.sign(b"x" * 1000, padding.PKCS1v15(), hashes.SHA256())

    # In turns, since the machine is shared: the best round of each counts.
    rates = [(_per_second(ours), _per_second(bare)) for _ in range(_ROUNDS)]
    our, limit = (max(each) for each in zip(*rates, strict=True))
    yield Measured(
        "responses signed and encrypted", f"{SIGNATURES} bare RSA-{BITS} signatures", "1 thread", "per s",
        our, limit, our / limit, OF_RSA, False,
    )  # fmt: skip
    theirs = _pysaml2()
    if theirs is not None:
        yield Measured(
            "responses signed and encrypted", "pysaml2, same keys' size", "1 thread", "per s",
            our, theirs, our / theirs, OF_PYSAML2, False,
        )  # fmt: skip


def claims(driver: neo4j.Driver, size: str, today: date) -> Measured:
    """The 99th percentile of the claims of one person, by the web service's route, with the key and the log.

    Ours takes five round trips to Neo4j, theirs one: the farm's key, the person by name, whether what is kept in memory
    still holds with the person's surroundings, whether anything was changed meanwhile with name and places, the log.

    The goal is against the bare read, which does less of the job: it looks up no key, and notes nothing. Each entry of
    the log is on the disk before an answer is given, and the slowest of a hundred commits is much slower than the
    slowest of a hundred reads. So the notes also have the bare read with a key looked up before it and an entry
    written after it, in the fewest round trips (3).
    """
    secret = farm_keys.create(driver, "benchmark", [], datetime.now(UTC))
    unwatched = Availability(cast("neo4j.AsyncDriver", driver))
    app = Starlette(routes=claims_routes(ClaimsService(driver, _CVR, {"BENCH": "ad"}), unwatched))
    rows, _, _ = driver.execute_query(
        "MATCH (p:Person)-[:HAS]->(:Employment {active: true}) WITH DISTINCT p.uuid AS uuid ORDER BY uuid "
        "RETURN collect(uuid) AS uuids"
    )
    uuids: list[str] = rows[0]["uuids"]
    some = uuids[:: max(1, len(uuids) // PERSONS)][:PERSONS]

    taken: dict[str, float] = {}

    async def ours() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://benchmark", headers={"ApiKey": secret}
        ) as client:
            for uuid in (*some, *some):  # the first time round for warmth
                started = time.perf_counter()
                answer = await client.get(f"/api/adfs/v1/users/{uuid}/claims?keytype=uuid")
                if answer.status_code == 200:
                    taken[uuid] = time.perf_counter() - started
                elif answer.json()["code"] != TOO_MANY:
                    raise RuntimeError(f"claims of {uuid}: {answer.text}")

    anyio.run(ours)
    # In size L the grants give some people more than a token takes.
    answered = [*taken]
    if len(answered) < FEWEST:
        raise RuntimeError(f"only {len(answered)} of {len(some)} people have rights that a token takes")
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for uuid in answered:
            bare_paths(session, uuid, today)
        bare = _taken(answered, lambda uuid: bare_paths(session, uuid, today))
    with driver.session() as session:
        guarded = _taken(answered, lambda uuid: _bare_with_key_and_log(session, uuid, secret, today))
    our, their, same = _p99([*taken.values()]), _p99(bare), _p99(guarded)
    notes: dict[str, float | int | str] = {
        "persons": len(answered),
        "theirs with key and log": same,
        "ratio to it": round(our / same, 2),
        "ratio of medians to it": round(statistics.median(taken.values()) / statistics.median(guarded), 2),
        "ratio of medians": round(statistics.median(taken.values()) / statistics.median(bare), 2),
    }
    return Measured(
        "claims of one, p99", "a bare read of the same paths, p99", size, "s", our, their, our / their, OF_CLAIMS, True,
        notes,
    )  # fmt: skip


def _taken(persons: Sequence[str], ask: Callable[[str], object]) -> list[float]:
    """Seconds of each."""
    taken = []
    for each in persons:
        started = time.perf_counter()
        ask(each)
        taken.append(time.perf_counter() - started)
    return taken


def _bare_with_key_and_log(session: neo4j.Session, person: str, secret: str, today: date) -> None:
    session.run("MATCH (k:FarmKey {hash: $hash}) RETURN k {.*} AS key", hash=hash_of(secret)).single(strict=True)
    bare_paths(session, person, today)
    entry = {"event": "claims", "at": datetime.now(UTC), "account": person, "provider": "benchmark"}
    session.run("CREATE (e:LoginEvent) SET e = $entry", entry=entry).consume()


def _per_second(do: Callable[[], Any]) -> float:
    for _ in range(10):
        do()
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS / _ROUNDS:
        do()
        done += 1
    return done / (time.perf_counter() - started)


def _p99(taken: list[float]) -> float:
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * 0.99))]


def _pysaml2() -> float | None:
    if shutil.which("uv") is None or shutil.which("xmlsec1") is None:
        return None
    program = Path(__file__).parent / "pysaml2_responses.py"
    given = json.dumps({"seconds": SECONDS, "bits": BITS, "attributes": ATTRIBUTES})
    done = subprocess.run(
        ["uv", "run", "--isolated", "--no-project", "--python", sys.executable, "--with", "pysaml2==7.5.5", program],
        input=given,
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return float(json.loads(done.stdout)["per_second"])
