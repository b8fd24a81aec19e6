"""A target for tests of the pipeline: two files made of whatever people and units a test gives it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from exporters.brake import ExportBrake
from exporters.files.delivery_settings import DeliverySettings, FolderDelivery
from exporters.files.table import TableForm
from exporters.files.target import FileRules
from exporters.target import Image, Parked, Shaped, ShapedFile

DOCUMENT = """
query Units($at: Date!) { units(at: $at) { uuid name } }
query People($at: Date!) { people(at: $at) { uuid name cpr } }
"""


class StaffList:
    """``image``: what the API would answer, by operation. ``asked``: the variables that it was asked with."""

    name = "staff"
    document = DOCUMENT
    order = ("unit", "person")

    def __init__(
        self,
        delivery: DeliverySettings | Path,
        people: Mapping[str, str] | None = None,
        units: Mapping[str, str] | None = None,
        *,
        brake: ExportBrake | None = None,
        columns: tuple[str, ...] = ("Id", "Navn"),
        change: Callable[[str], str] = str,
        rules: str = "1",
        shown: frozenset[str] = frozenset({"Id", "Navn"}),
        identifying: frozenset[str] = frozenset(),
        **file_rules: Any,
    ) -> None:
        self.delivery = FolderDelivery(path=delivery, pauses=(0,)) if isinstance(delivery, Path) else delivery
        self.brake = brake or ExportBrake(at_least=0)
        self.files = FileRules(**{"form": TableForm(encoding="utf-8"), **file_rules})
        self.rules = rules
        self.people = {"p1": "Alma", "p2": "Birk"} if people is None else people
        self.units = {"u1": "Nord"} if units is None else units
        self.columns, self.change = columns, change
        self.shown, self.identifying = shown, identifying
        self.asked: list[Mapping[str, object]] = []

    def read(self, document: str, operation: str, variables: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
        """The reader that goes with it."""
        self.asked.append(variables)
        given = self.units if operation == "Units" else self.people
        return iter([{"uuid": key, "name": name} for key, name in given.items()])

    def variables(self, at: date) -> dict[str, object]:
        return {"at": at.isoformat()}

    def shape(self, image: Image, at: date) -> Shaped:
        people = [each for each in image["People"] if each["name"]]
        nameless = [
            Parked("person", each["uuid"], "no_name", "no name") for each in image["People"] if not each["name"]
        ]
        return Shaped(
            [self._file("person", "people.csv", people), self._file("unit", "units.csv", image["Units"])], nameless
        )

    def _file(self, object_: str, name: str, things: Any) -> ShapedFile:
        rows = {
            each["uuid"]: {"Id": each["uuid"], "Navn": self.change(each["name"])}
            for each in sorted(things, key=lambda thing: str(thing["uuid"]))
        }
        return ShapedFile(object_, name, self.columns, rows, self.shown, self.identifying)
