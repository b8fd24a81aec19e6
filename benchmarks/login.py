"""Responses of the identity provider, signed twice and encrypted, against the bare RSA limit and pysaml2; and claims of
ADFS, against a bare read of the same paths.

pysaml2 is no dependency of the project: uv gives it to a process of its own (``benchmarks.pysaml2_responses``). It runs
``xmlsec1``, which must be on the PATH; without either that figure is left out, and the table says so by its absence.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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

SECONDS = 5.0
"""Of each measurement."""
BITS = 2048
SIGNATURES = 2
"""In a response: of the assertion and of the whole."""
OF_RSA, OF_PYSAML2, OF_CLAIMS = 0.7, 5.0, 3.0
ATTRIBUTES = {"mail": ["anje@kommune.example"], "oioBPP": ["QUJD" * 675], "roles": ["a", "b", "c"]}
"""With a document of privileges of 2.7 kB, as in the experiment of docs/formats/saml.md."""
_ROUNDS = 3
_CVR = "29189846"


def responses() -> Iterator[Measured]:
    """Responses a second of one thread.

    The goal against RSA is missed (0.64). Beside its two signatures a response takes 0.3 ms: 0.1 to build the
    assertion, 0.06 to encrypt it (0.02 of that is RSA), and the rest to write the canonical forms and add the
    signatures. Writing the XML as text would save part of it; but then our code, and not lxml, would escape what is
    signed.
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

    Ours takes ten round trips to Neo4j, theirs one: the farm's key (2), the person by name, whether what is kept in
    memory still holds, the person's surroundings, whether anything was changed meanwhile, name and places, the log (3).
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

    async def ours() -> list[float]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://benchmark", headers={"ApiKey": secret}
        ) as client:
            taken = []
            for uuid in (*some, *some):  # the first time round for warmth
                started = time.perf_counter()
                answer = await client.get(f"/api/adfs/v1/users/{uuid}/claims?keytype=uuid")
                taken.append(time.perf_counter() - started)
                if answer.status_code != 200:
                    raise RuntimeError(f"claims of {uuid}: {answer.text}")
        return taken[len(some) :]

    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for uuid in some:
            bare_paths(session, uuid, today)
        bare = []
        for uuid in some:
            started = time.perf_counter()
            bare_paths(session, uuid, today)
            bare.append(time.perf_counter() - started)
    our, their = _p99(anyio.run(ours)), _p99(bare)
    return Measured(
        "claims of one, p99", "a bare read of the same paths, p99", size, "s", our, their, our / their, OF_CLAIMS, True,
        {"persons": len(some)},
    )  # fmt: skip


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
