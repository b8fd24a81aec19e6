"""A SCIM server as a target."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from exporters.errors import DeliveryError
from exporters.objects.errors import ObjectError
from exporters.objects.target import Closing, KindRules, Objects, Policy
from exporters.scim.channel import ScimChannel
from exporters.scim.closing import closings
from exporters.scim.connection import Connection
from exporters.scim.discovery import Server, discovered, require_user_type, require_users
from exporters.scim.image import organisation
from exporters.scim.paths import MANAGER
from exporters.scim.settings import BasicLogin, ClientLogin, ScimLogin, ScimSettings
from exporters.scim.shape import shaped
from exporters.target import Image
from protocols.http.pauses import Sleep

VERSION = "3"
"""Version of the shape; raise it when the shape makes other objects from the same image."""

_RULES = {"image", "prefixes", "add", "excluded_attributes"}


def _who(login: ScimLogin) -> str:
    """Who logs in, as far as that stays the same when a secret is renewed."""
    if isinstance(login, ClientLogin):
        return login.client_id
    return login.user if isinstance(login, BasicLogin) else ""


class Scim:
    """Users and groups at one server. ``name``: the target's, such as scim-intranet."""

    document = Path(__file__).with_name("image.graphql").read_text(encoding="utf-8")
    closing_document = Path(__file__).with_name("closing.graphql").read_text(encoding="utf-8")
    waits_for_imports = True  # users follow employments

    def __init__(self, name: str, settings: ScimSettings, sleep: Sleep = time.sleep) -> None:
        self.name = name
        self.settings = settings
        self.brake = settings.brake
        self.kinds = {
            "user": KindRules(settings.on_close, single=frozenset({MANAGER}), found_by=frozenset({"userName"})),
            "group": KindRules("delete", found_by=frozenset({"displayName"})),  # a group can't be disabled
        }
        self.policy = Policy(
            adopt=settings.adopt,
            drift=settings.drift,
            deleted_by_others=settings.deleted_by_others,
            retention_days=settings.retention_days,
            verify_every=settings.verify_every,
            pauses=settings.pauses,
        )
        # Sets have no order. Sorted, the same settings have the same digest in every process.
        rules = settings.model_dump(include=_RULES)
        content = orjson.dumps(rules, default=sorted, option=orjson.OPT_SORT_KEYS)
        self.rules = f"{VERSION}-{sha256(content).hexdigest()[:16]}"
        address = urlsplit(settings.base_url.lower())
        # A server of this machine, such as a demo's, gets another port each time.
        port = "" if settings.own_machine else address.port or {"http": 80, "https": 443}.get(address.scheme)
        where = f"{address.hostname}:{port}{address.path.rstrip('/')}"
        # Another client or user at the same address may have another tenant. A token may not: it is renewed.
        who = _who(settings.login)
        self.place = f"{who}@{where}" if who else where
        self.former_places = (where,)
        self._sleep = sleep

    def variables(self, at: date) -> Mapping[str, object]:
        image = self.settings.image
        return {
            "at": at.isoformat(),
            "until": (at + timedelta(days=image.days_ahead + 1)).isoformat(),
            "system": image.system,
        }

    def shape(self, image: Image, at: date) -> Objects:
        return shaped(organisation(image, at), self.settings, at)

    def closing(self, image: Image, asked: Mapping[str, Sequence[str]], at: date) -> Closing:
        return closings(image, at)

    @contextmanager
    def open(self, server: str = "") -> Iterator[ScimChannel]:
        """Raises DeliveryError if the server can't be reached. There is only one."""
        with Connection(self.settings, self._sleep) as connection:
            try:
                own = discovered(connection.description) if self.settings.discovery else Server()
                require_user_type(own)
                if own.is_silent:
                    require_users(connection.get(own.endpoints["user"], {"startIndex": "1", "count": "1"}))
            except ObjectError as lost:
                raise DeliveryError(str(lost), retry=lost.retry) from lost
            yield ScimChannel(connection, own, self.settings)
