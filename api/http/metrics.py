"""The metrics for Prometheus. They contain no names, numbers or other data of people."""

import anyio.to_thread
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from api.computed.answers import NotAnswering, States
from api.http.availability import Availability, Away, OutOfTime

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


async def metrics(availability: Availability, states: States | None, request: Request) -> Response:
    """Counters since the start, and the present state of the sources."""
    availability.watched()
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
