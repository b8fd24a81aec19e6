"""Reading an image page by page."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exporters.errors import ImageError
from exporters.image import operations, paged, read_image
from tests.exporters.staff_list import DOCUMENT, StaffList


def test_operations_are_found_by_name() -> None:
    assert operations(DOCUMENT) == ("Units", "People")


def test_a_connection_is_read_page_by_page_and_a_list_at_once() -> None:
    asked: list[object] = []

    def ask(document: str, operation: str, variables: Mapping[str, object]) -> Mapping[str, Any]:
        asked.append((operation, variables["after"]))
        if operation == "People":
            return {"people": [{"uuid": "p1"}]}
        more = variables["after"] is None
        return {"units": {"nodes": [{"uuid": "u1"}], "pageInfo": {"hasNextPage": more, "endCursor": "u1"}}}

    read = paged(ask)
    assert list(read(DOCUMENT, "Units", {})) == [{"uuid": "u1"}] * 2
    assert list(read(DOCUMENT, "People", {})) == [{"uuid": "p1"}]
    assert asked == [("Units", None), ("Units", "u1"), ("People", None)]


def test_an_image_without_a_named_query_is_refused(tmp_path: Path) -> None:
    target = StaffList(tmp_path)
    target.document = "{ units { uuid } }"
    with pytest.raises(ImageError, match="no named query"):
        read_image(target, target.read, date(2026, 3, 2))
