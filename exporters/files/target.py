"""The contract between the pipeline and a target that gets whole files.

A target is a folder with ``target`` and ``settings`` (with the delivery), by which it is found; ``image.graphql``
(the part of the organisation and the fields; it runs with the target's own rights in the API); ``shape`` (makes the
target's form from it: pure, so that the same image gives the same bytes); and a README. ``TargetFolder`` lists its
exports. Example, complete::

    class Staff:
        name = "staff"
        document = Path(__file__).with_name("image.graphql").read_text()
        order = ("person",)
        rules = "1"

        def __init__(self, settings: StaffSettings) -> None:
            self.files, self.delivery, self.brake = settings.files, settings.delivery, settings.brake

        def variables(self, at: date) -> dict[str, object]:
            return {"at": at.isoformat()}

        def shape(self, image: Image, at: date) -> Shaped:
            rows = {person["uuid"]: {"Navn": person["name"]} for person in image["Persons"]}
            protected = frozenset(person["uuid"] for person in image["Persons"] if person["addressProtected"])
            name = frozenset({"Navn"})
            return Shaped([ShapedFile("person", "staff.csv", ("Navn",), rows, name, name, protected)])

To add one: docs/add-a-target.md. A target that takes objects one by one has the same folder, and the contract in
``exporters.objects.target``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from exporters.brake import ExportBrake
from exporters.files.delivery_settings import DeliverySettings
from exporters.files.table import TableForm
from exporters.target import Image, Shaped


@dataclass(frozen=True, slots=True)
class FileRules:
    """How the target's files are made and sent.

    ``ready``: name of an empty file that is sent last; ``manifest``: name of a file, sent last, with each file's rows
    and SHA-256. ``always``: send every file on every run, changed or not.
    """

    form: TableForm
    ready: str | None = None
    manifest: str | None = None
    always: bool = False


class Target(Protocol):
    """A consumer system that is supplied with whole files.

    ``order``: objects, in the order in which their files are sent, referenced ones first. ``rules``: identifies the
    version and settings of the shape; if it changes, changed rows are attributed to that.
    """

    @property
    def name(self) -> str: ...

    @property
    def document(self) -> str: ...

    @property
    def order(self) -> Sequence[str]: ...

    @property
    def files(self) -> FileRules: ...

    @property
    def delivery(self) -> DeliverySettings: ...

    @property
    def brake(self) -> ExportBrake: ...

    @property
    def rules(self) -> str: ...

    def variables(self, at: date) -> Mapping[str, object]:
        """The image's variables on a day."""
        ...

    def shape(self, image: Image, at: date) -> Shaped:
        """The files of this image. Pure. Raises ImageError if the image lacks what the shape needs."""
        ...
