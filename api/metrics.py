"""What Prometheus is told. No names, numbers or other data of people."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

ANSWERS = Counter("reconnect_api_answers_total", "Questions answered by the API", ["kind"])
SECONDS = Histogram("reconnect_api_request_seconds", "Time until an answer was written to its end", ["status"])


async def metrics(request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
