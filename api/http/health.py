"""Health: whether the process is alive, and whether it can work."""

import asyncio

import neo4j
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.availability import Availability, Away, OutOfTime
from api.http.warming import Warming
from graph.migrations import LISTED, UNFILLED, missing, unknown

_PATIENCE = 2.0  # seconds


async def live(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"live": True})


async def ready(availability: Availability, warming: Warming, redis_url: str | None, request: Request) -> Response:
    """Neo4j and Redis answer, the graph has this program's migrations, its indexes are filled, and the service is warm.

    Otherwise 503 with what is missing, within seconds.
    """
    availability.watched()
    wrong: dict[str, str] = {}
    try:
        async with availability.within(_PATIENCE):
            rows, _, _ = await availability.driver.execute_query(LISTED, routing_=neo4j.RoutingControl.READ)
            unfilled, _, _ = await availability.driver.execute_query(UNFILLED, routing_=neo4j.RoutingControl.READ)
        applied = [row["name"] for row in rows]
        if lacking := missing(applied):
            wrong["migrations"] = f"not applied: {', '.join(lacking)}; run reconnect up"
        if more := unknown(applied):
            wrong["program"] = f"older than the graph, which has {', '.join(more)}; install the newer version"
        if unfilled:
            wrong["indexes"] = f"not filled: {', '.join(row['name'] for row in unfilled)}"
    except Away:
        wrong["neo4j"] = availability.trouble or "away"
    except OutOfTime:
        wrong["neo4j"] = f"no answer within {_PATIENCE:g} seconds"
    except neo4j.exceptions.DriverError as error:
        wrong["neo4j"] = type(error).__name__
    except neo4j.exceptions.Neo4jError as error:
        wrong["neo4j"] = error.code or type(error).__name__
    if not warming.is_done:
        wrong["service"] = "warming up"
    if redis_url is not None and (trouble := await _redis_trouble(redis_url)):
        wrong["redis"] = trouble
    return JSONResponse({"ready": not wrong, **wrong}, status_code=503 if wrong else 200)


async def _redis_trouble(url: str) -> str | None:
    try:
        async with asyncio.timeout(2 * _PATIENCE):
            return await run_in_threadpool(_of_redis, url)
    except TimeoutError:
        return f"no answer within {2 * _PATIENCE:g} seconds"


def _of_redis(url: str) -> str | None:
    """Why Redis does not answer; None if it does."""
    import redis

    try:
        with redis.Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE) as connection:
            connection.ping()
    except redis.RedisError as error:
        return type(error).__name__
    return None
