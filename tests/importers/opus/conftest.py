"""A growing series of files in an empty folder."""

from pathlib import Path

import pytest

from tests.importers.opus.files import Series


@pytest.fixture
def series(tmp_path: Path) -> Series:
    return Series(tmp_path)
