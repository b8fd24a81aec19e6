"""The metrics for Prometheus. They contain no names, numbers or other data of people."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import anyio.to_thread
import neo4j
from neo4j.exceptions import DriverError, Neo4jError
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from api.availability import Availability, Away, OutOfTime
from api.computed.contract import NotAnswering, States
from graph.runs.orders import Orders, orders
from graph.writing.day_turn import days_behind

_PATIENCE = 8.0  # seconds; Prometheus itself waits for ten
ANSWERS = Counter("reconnect_api_answers_total", "Requests answered by the API", ["kind"])
SECONDS = Histogram("reconnect_api_request_seconds", "Time until an answer was written to its end", ["status"])


SILENT = Gauge("reconnect_source_silent", "1: the source has been silent longer than it should", ["source"])
LAG = Gauge("reconnect_source_lag_seconds", "Since the source was last read successfully", ["source"])
BAD = Gauge("reconnect_source_bad_records", "Rejected records of the source", ["source"])


NOTICES = Gauge(
    "reconnect_source_problems",
    "Kept problems of the source by rule: bad records and notices",
    ["source", "severity", "rule"],
)


DAYS_BEHIND = Gauge(
    "reconnect_day_turn_behind_days", "Days between the last turned day and today; NaN: the graph does not answer"
)
ORDERS = Gauge(
    "reconnect_target_orders",
    "Objects that wait, or that the target refused or did not answer",
    ["target", "object", "state"],
)
REFUSED = Gauge("reconnect_target_refused", "Objects that were not delivered, by rule", ["target", "object", "rule"])
HOOKS = Gauge("reconnect_target_hooks", "Objects of which the target's hook is still to be informed", ["target"])
DRIFT = Gauge("reconnect_target_drift", "Objects that others have changed at the target", ["target", "object"])
LOGIN_REFUSED = Gauge(
    "reconnect_target_login_refused",
    "1: the target refuses REConnect's login, so no account is closed there, not even by a STOP",
    ["target"],
)
CLOSING = Gauge(
    "reconnect_target_closing_seconds",
    "Of the last run that closed some: from the change in the graph to the target's answer, of the slowest",
    ["target"],
)


Logins = Callable[[], Mapping[str, bool]]
"""By target that takes objects, whether it refuses our login. Raises NotAnswering."""


async def metrics(
    availability: Availability, driver: neo4j.Driver, states: States | None, logins: Logins | None, request: Request
) -> Response:
    """Counters since the start, and the present state of the sources and targets."""
    availability.watched()
    try:
        async with availability.within(_PATIENCE):
            _of_targets(await anyio.to_thread.run_sync(orders, driver, abandon_on_cancel=True))
            DAYS_BEHIND.set(await anyio.to_thread.run_sync(days_behind, driver, abandon_on_cancel=True))
    except (NotAnswering, Away, OutOfTime, DriverError, Neo4jError):
        _of_targets(())
        DAYS_BEHIND.set(math.nan)
    LOGIN_REFUSED.clear()  # none rather than an old one
    if logins is not None:
        with suppress(NotAnswering, Away, OutOfTime):
            async with availability.within(_PATIENCE):
                for target, refused in (await anyio.to_thread.run_sync(logins, abandon_on_cancel=True)).items():
                    LOGIN_REFUSED.labels(target).set(refused)
    if states is not None:
        try:
            async with availability.within(_PATIENCE):
                found = await anyio.to_thread.run_sync(states, abandon_on_cancel=True)
        except (NotAnswering, Away, OutOfTime):
            found = ()  # no gauges rather than old ones; /health/ready shows what does not answer
        for gauge in (SILENT, LAG, BAD, NOTICES):
            gauge.clear()  # a source that is gone disappears
        for each in found:
            SILENT.labels(each["name"]).set(each["silent"])
            BAD.labels(each["name"]).set(each["badRecords"])
            for problem in each["problems"]:
                NOTICES.labels(each["name"], problem["severity"], problem["rule"]).set(problem["count"])
            if each["lagSeconds"] is not None:
                LAG.labels(each["name"]).set(each["lagSeconds"])
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _of_targets(found: Sequence[Orders]) -> None:
    for gauge in (ORDERS, REFUSED, HOOKS, DRIFT, CLOSING):
        gauge.clear()
    for each in found:
        for (kind, state), count in each.states.items():
            ORDERS.labels(each.target, kind, state).set(count)
        for (kind, rule), count in each.refused.items():
            REFUSED.labels(each.target, kind, rule).set(count)
        for kind, count in each.drift.items():
            DRIFT.labels(each.target, kind).set(count)
        HOOKS.labels(each.target).set(each.hooks)
        if each.closing_seconds is not None:
            CLOSING.labels(each.target).set(each.closing_seconds)
