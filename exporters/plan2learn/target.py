"""Plan2Learn as a target."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path

import orjson

from exporters.files.target import FileRules
from exporters.plan2learn.image import organisation
from exporters.plan2learn.settings import Plan2LearnSettings
from exporters.plan2learn.shape import shaped
from exporters.target import Image, Shaped

VERSION = "2"
"""Of the shape; raise it when the shape makes other rows of the same image."""

_NO_RULES = {"delivery", "brake", "form", "ready", "manifest", "always", "order", "columns", "names"}


class Plan2Learn:
    """Five whole files: organisation, stillingskode, bruger, engagement, leder."""

    name = "plan2learn"
    document = Path(__file__).with_name("image.graphql").read_text(encoding="utf-8")

    def __init__(self, settings: Plan2LearnSettings) -> None:
        self.settings = settings
        self.order = settings.order
        self.files = FileRules(settings.form, settings.ready, settings.manifest, settings.always)
        self.delivery = settings.delivery
        self.brake = settings.brake
        # Sets have no order of their own: sorted, so that the same settings have the same name in every process.
        rules = orjson.dumps(settings.model_dump(exclude=_NO_RULES), default=sorted, option=orjson.OPT_SORT_KEYS)
        self.rules = f"{VERSION}-{sha256(rules).hexdigest()[:16]}"

    def variables(self, at: date) -> Mapping[str, object]:
        private = "private" in (*self.settings.email_types, *self.settings.phone_types)
        return {"at": at.isoformat(), "role": self.settings.manager_role, "private": private}

    def shape(self, image: Image, at: date) -> Shaped:
        return shaped(organisation(image, at), self.settings, at)
