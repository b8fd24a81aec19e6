"""Health: whether the process lives, and whether it can do its work."""

import neo4j
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from graph.migrations import pending


async def live(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"live": True})


async def ready(reading: neo4j.AsyncDriver, driver: neo4j.Driver, redis_url: str | None, request: Request) -> Response:
    """Neo4j and Redis answer and the migrations are applied; 503 with what is missing otherwise."""
    wrong: dict[str, str] = {}
    try:
        await reading.verify_connectivity()
        missing = await run_in_threadpool(pending, driver)
        if missing:
            wrong["migrations"] = f"not applied: {', '.join(missing)}; run reconnect up"
    except neo4j.exceptions.DriverError as error:
        wrong["neo4j"] = type(error).__name__
    except neo4j.exceptions.Neo4jError as error:
        wrong["neo4j"] = error.code or type(error).__name__
    if redis_url is not None and (trouble := await run_in_threadpool(_redis_trouble, redis_url)):
        wrong["redis"] = trouble
    return JSONResponse({"ready": not wrong, **wrong}, status_code=503 if wrong else 200)


def _redis_trouble(url: str) -> str | None:
    """Why Redis does not answer; None where it does."""
    import redis

    try:
        with redis.Redis.from_url(url, socket_timeout=2) as connection:
            connection.ping()
    except redis.RedisError as error:
        return type(error).__name__
    return None
