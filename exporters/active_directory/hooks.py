"""Hooks of a municipality: a signed webhook, or a command with JSON on standard input. The answer is awaited.

The answer is JSON: ``{"done": true}``; or ``{"done": false, "again_in": 300, "text": "…"}`` to be called again after
these seconds; or ``{"give_up": true, "text": "…"}``. A command that ends with 0 and answers nothing is done.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson

from exporters.active_directory.settings import Command, Webhook
from exporters.files.transliteration import normalised
from exporters.objects.hook import Event, Hook, HookAnswer
from graph.cpr.keyring import numbers_in
from protocols import programs
from protocols.http.client import Certificates, Client, Limits
from protocols.http.errors import HttpError

SIGNATURE = "X-REConnect-Signature"
_LONGEST = 300
"""Characters of a hook's own text that are kept."""
_LARGEST = 1 << 20
"""Bytes of an answer."""


def hook_of(settings: Command | Webhook | None) -> Hook | None:
    """The hook that the settings name."""
    if settings is None:
        return None
    return CommandHook(settings) if isinstance(settings, Command) else WebhookHook(settings)


class CommandHook:
    """A program of the municipality, started anew for each event, without a shell. It need not read the event. One
    that hangs, or never stops answering, is ended with what it has started."""

    def __init__(self, settings: Command) -> None:
        self._settings = settings

    def call(self, event: Event) -> HookAnswer:
        settings = self._settings
        try:
            process = programs.start(settings.program)
        except OSError as failed:
            return HookAnswer(False, f"it can't be started: {failed.strerror or type(failed).__name__}")
        try:
            ended = programs.exchange(process, [_body(event)], settings.seconds, _LARGEST, refuse_more=True)
        except TimeoutError:
            return HookAnswer(False, f"no answer in {settings.seconds:g} seconds")
        except programs.SaidTooMuch:
            return HookAnswer(False, f"its answer is longer than {_LARGEST} bytes")
        if ended.code != 0 and not ended.output.strip():
            return HookAnswer(False, f"it ended with {ended.code}")
        return _answer(ended.output, ended.code == 0)


class WebhookHook:
    """An address. The body is signed, so that the receiver knows who sent it."""

    def __init__(self, settings: Webhook) -> None:
        self._settings = settings

    def call(self, event: Event) -> HookAnswer:
        settings = self._settings
        signed = signature(settings.secret.get_secret_value(), _body(event))
        headers = {"Content-Type": "application/json", SIGNATURE: signed}
        limits = Limits(seconds=settings.seconds, attempts=1, own_machine=settings.own_machine, largest=_LARGEST)
        try:
            with Client(settings.url, limits=limits, certificates=Certificates(settings.ca_file)) as http:
                answer = http.send("POST", settings.url, body=event, headers=headers)
        except HttpError as failed:
            return HookAnswer(False, str(failed)[:_LONGEST])
        if not answer.succeeded and not answer.content.strip():
            return HookAnswer(False, f"it answers {answer.status}")
        return _answer(answer.content, answer.succeeded)


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _body(event: Event) -> bytes:
    return orjson.dumps(event)


def _answer(sent: bytes, succeeded: bool) -> HookAnswer:
    if not sent.strip():
        return HookAnswer(succeeded)
    try:
        said = orjson.loads(sent)
    except ValueError:
        said = None
    if not isinstance(said, Mapping):
        return HookAnswer(False, "its answer is not a JSON object")
    return HookAnswer(
        done=succeeded and said.get("done") is True,
        text=_shown(str(said.get("text") or "")),
        wait=_wait(said.get("again_in")),
        give_up=said.get("give_up") is True,
    )


def _shown(text: str) -> str:
    """A hook's own text as it may be kept and shown: without CPR numbers, and without what steers a terminal."""
    kept, end = [], 0
    for start, after in numbers_in(text):
        kept += [text[end:start], "(CPR number)"]
        end = after
    return " ".join(normalised("".join([*kept, text[end:]])).split())[:_LONGEST]


def _wait(seconds: Any) -> timedelta | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 31 * 86_400:
        return None
    return timedelta(seconds=seconds)
