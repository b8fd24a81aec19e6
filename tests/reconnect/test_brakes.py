"""The rule of every brake: a share, a count, and a few that are always allowed."""

from datetime import UTC, datetime, timedelta

import pytest

from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.brake import ExportBrake, FileBrake
from exporters.objects.brake import KindBrake, ObjectBrake, Taking, too_much
from exporters.scim.settings import ScimSettings
from graph.runs.limits import Limits, exceeds
from importers.pipeline.brake import BrakeSettings
from rules.accounts.run import Limits as AccountLimits

EVERY = [BrakeSettings(), FileBrake(), ExportBrake(), KindBrake(), ObjectBrake(), AccountLimits()]
TARGETS = [each.model_fields["brake"].get_default() for each in (ActiveDirectorySettings, ScimSettings)]


@pytest.mark.parametrize("limits", [*EVERY, *TARGETS], ids=lambda each: type(each).__name__)
def test_a_small_organisation_closes_a_few_without_an_approval(limits: Limits) -> None:
    assert not exceeds(limits, 5, 8)
    assert exceeds(limits, 6, 8) and exceeds(limits, 6, 10)
    assert not exceeds(limits, 0, 0)


def test_a_share_and_a_count() -> None:
    limits = KindBrake(share=0.1, count=20, at_least=0)
    assert [exceeds(limits, count, 100) for count in (10, 11)] == [False, True]
    assert [exceeds(limits, count, 1000) for count in (20, 21)] == [False, True]
    assert exceeds(KindBrake(share=0, count=0, at_least=0), 1, 1000)


def test_what_was_closed_before_counts_only_with_what_is_to_be_closed() -> None:
    before = frozenset({"a", "b", "c", "d", "e"})
    assert too_much([Taking("user", 40, 0, [], before)], ObjectBrake()) == []
    assert too_much([Taking("user", 40, 0, ["e"], before)], ObjectBrake()) == [], "it is one of them"
    assert too_much([Taking("user", 40, 0, ["f"], before)], ObjectBrake()) == [
        "user: 1 of 45 would be disabled or deleted, after 5 in the last 24 hours"
    ]
    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert KindBrake(hours=6).since(moment) == moment - timedelta(hours=6)
