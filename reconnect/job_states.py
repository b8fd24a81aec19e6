"""What each job last did: one Redis hash, read by ``status`` and the API.

``reconnect:work`` has a field a job (``import:sd``, ``export:plan2learn``, ``day_turn``) with a JSON object: ``state``
(queued, running, done, waiting, failed), ``started`` and ``ended`` (ISO times), ``attempt``, ``text``, ``fence``, and
``succeeded``: when it last ended well, kept through failures.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal, cast

import redis

from reconnect.locks import is_held

KEY = "reconnect:work"
KILLED = "The run was killed, or its machine stopped. The next run continues from there."

State = Literal["queued", "running", "done", "waiting", "failed"]

# A run that lost its lock must not overwrite the state of its successor.
_PUT = """
local old = redis.call('hget', KEYS[1], ARGV[1])
if old and cjson.decode(old)['fence'] > tonumber(ARGV[3]) then return 0 end
redis.call('hset', KEYS[1], ARGV[1], ARGV[2])
return 1
"""


_PUT_QUEUED = """
local old = redis.call('hget', KEYS[1], ARGV[1])
if old and cjson.decode(old)['state'] == 'running' then return 0 end
redis.call('hset', KEYS[1], ARGV[1], ARGV[2])
return 1
"""


@dataclass(frozen=True)
class WorkState:
    """The last known state of one job. ``waiting``: stopped by the brake, or until the next attempt."""

    state: State
    started: str
    ended: str | None = None
    attempt: int = 1
    text: str = ""
    fence: int = 0
    succeeded: str | None = None


def put(client: redis.Redis, job: str, state: WorkState) -> bool:
    """Keep ``state``; False if a later holder of the job's lock has already written one."""
    text = json.dumps(asdict(state), ensure_ascii=False)
    return bool(client.eval(_PUT, 1, KEY, job, text, str(state.fence)))


def put_queued(client: redis.Redis, job: str, before: WorkState | None, started: str, text: str) -> bool:
    """The job waits for a worker; False if it runs meanwhile. ``before``: its last state."""
    kept = (0, None) if before is None else (before.fence, before.succeeded)
    state = WorkState("queued", started, text=text, fence=kept[0], succeeded=kept[1])
    return bool(client.eval(_PUT_QUEUED, 1, KEY, job, json.dumps(asdict(state), ensure_ascii=False)))


def last_success(client: redis.Redis, job: str) -> str | None:
    """When a job last ended well (ISO time)."""
    found = cast("bytes | None", client.hget(KEY, job))
    return None if found is None else WorkState(**json.loads(found)).succeeded


def read(client: redis.Redis) -> dict[str, WorkState]:
    """The last state of every job. A job that is running and has no lock was killed."""
    states = _all(client)
    killed = {job for job, state in states.items() if state.state == "running" and not is_held(client, job)}
    if killed:
        # Read again: a job that ends writes its state before it releases its lock.
        states = _all(client)
    for job in killed:
        if states[job].state == "running":
            states[job] = replace(states[job], state="failed", text=KILLED)
    return states


def _all(client: redis.Redis) -> dict[str, WorkState]:
    found = cast("dict[bytes | str, str]", client.hgetall(KEY))
    return {_text(job): WorkState(**json.loads(text)) for job, text in sorted(found.items())}


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
