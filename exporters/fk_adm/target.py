"""FK-adm as a target."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from exporters.fk_adm.channel import FkAdmChannel
from exporters.fk_adm.connection import Connection
from exporters.fk_adm.settings import FkAdmSettings
from exporters.fk_adm.shape import URI, shaped
from exporters.objects.target import KindRules, Objects, Policy
from exporters.target import Image
from protocols.http.pauses import Sleep

VERSION = "1"
"""Version of the shape; raise it when the shape makes other objects from the same image."""
_DAY = 24
"""Hours until a refused role is tried again: a rule that it breaks is permanent (kombit_access.md pitfall 20)."""


class FkAdm:
    """Job-function roles in one environment. ``name``: the target's."""

    document = Path(__file__).with_name("image.graphql").read_text(encoding="utf-8")

    def __init__(self, name: str, settings: FkAdmSettings, sleep: Sleep = time.sleep) -> None:
        self.name = name
        self.settings = settings
        self.brake = settings.brake
        self.kinds = {"role": KindRules("delete", found_by=frozenset({URI}))}  # a role can't be disabled
        self.policy = Policy(
            adopt=settings.adopt,
            drift=settings.drift,
            verify_every=settings.verify_every,
            pauses=(1, 4),
            first_hours=_DAY,
            longest_hours=7 * _DAY,
        )
        rules = repr((settings.environment, sorted(settings.systems)))
        self.rules = f"{VERSION}-{sha256(rules.encode()).hexdigest()[:16]}"
        # A service of this machine, such as a test's, gets another port each time.
        host = urlsplit(settings.address).hostname if settings.own_machine else settings.address.lower()
        self.place = f"{settings.cvr}@{host}"
        self._sleep = sleep

    def variables(self, at: date) -> Mapping[str, object]:
        return {"at": at.isoformat()}

    def shape(self, image: Image, at: date) -> Objects:
        return shaped(image, self.settings)

    @contextmanager
    def open(self, server: str = "") -> Iterator[FkAdmChannel]:
        """Raises DeliveryError. There is only one."""
        with Connection(self.settings, self._sleep) as connection:
            yield FkAdmChannel(connection, self.settings.cvr)
