"""Which days an account is open, through what, and until when it is kept: cases, and what holds in every case."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model.accounts import GIVE, KEEP, PER_EMPLOYMENT, WITHHOLD
from graph.time import Period, within, without
from rules.accounts.deciding import Deciding
from rules.accounts.facts import AccountException, AccountRule, NamePolicy, Person, Tie
from rules.accounts.naming import Holder, Taken, names_of, needs_names
from rules.accounts.stating import statement
from tests.rules.accounts.made import TODAY, WHO, at, days, exception, facts, job, job_of, kept_of, opens, planned, rule

NOW = job("e", days(-1000))
EARLIER = TODAY - timedelta(days=3)
Days = list[tuple[int, int | None]]


@pytest.mark.parametrize(
    ("rules", "ties", "exceptions", "expected"),
    [
        # The first and the last day.
        ([rule(lead=14)], [job("e", days(14))], [], [(0, None)]),
        ([rule(lead=14)], [job("e", days(15))], [], [(1, None)]),
        ([rule()], [job("e", days(-9, 1))], [], [(0, 1)]),
        ([rule()], [job("e", days(-9, 0))], [], []),
        ([rule(after=10)], [job("e", days(-90, -9))], [], [(0, 1)]),
        ([rule(after=10)], [job("e", days(-90, -10))], [], []),
        ([rule(lead=400_000_000, after=400_000_000)], [job("e", days(-9, 9))], [], [(0, 2_912_381)]),
        # Gaps.
        ([rule(grace=30)], [job("e", days(-9, 5)), job("f", days(35))], [], [(0, None)]),
        ([rule(grace=30)], [job("e", days(-9, 5)), job("f", days(36))], [], [(0, 5), (36, None)]),
        ([rule(grace=30)], [job("e", days(-90, -29)), job("f", days(1))], [], [(0, None)]),
        ([rule(grace=30)], [job("e", days(-90, -29)), job("f", days(2))], [], [(2, None)]),
        ([rule(grace=30)], [job("e", days(-9, 5), days(20))], [], [(0, None)]),
        ([rule(grace=30)], [job("e", days(-9, 5))], [], [(0, 5)]),
        ([rule(grace=5, lead=7, after=3)], [job("e", days(-9, 5)), job("f", days(16))], [], [(0, 8), (9, None)]),
        # Dates that are not known.
        ([rule()], [job("e", days(None))], [], [(0, None)]),
        ([rule(lead=14)], [job("e", days(None, 4))], [], [(0, 4)]),
        # Exceptions: exactly their days.
        ([rule("r", "employment.type == 'hourly'", lead=14, after=14)], [NOW], [exception(GIVE, days(3, 9))], [(3, 9)]),
        ([rule()], [NOW], [exception(WITHHOLD, days(3, 9))], [(0, 3), (9, None)]),
        ([rule()], [NOW], [exception(WITHHOLD, days(3, 9), None)], [(0, 3), (9, None)]),
        ([rule()], [NOW], [exception(WITHHOLD, days(3, 9), "school")], [(0, None)]),
        ([rule()], [NOW], [exception(GIVE, days(3, 9)), exception(WITHHOLD, days(0))], []),
        ([rule()], [], [exception(GIVE, days(-5, 9))], [(0, 9)]),
        # Where rules are: the nearest unit that has any decides.
        ([rule("a"), rule("b", effect=WITHHOLD, unit="job")], [NOW], [], []),
        ([rule("a", effect=WITHHOLD, unit="town"), rule("b", unit="desk")], [NOW], [], [(0, None)]),
        ([rule("a", unit="canteen")], [NOW], [], []),
        ([rule("a", unit="canteen"), rule("b", unit="desk")], [NOW], [], [(0, None)]),
        ([rule("a", "employment.type == 'hourly'", unit="desk"), rule("b")], [NOW], [], []),
        ([rule("a"), rule("b", effect=WITHHOLD, unit="town")], [job("e", days(-9), unit=None)], [], [(0, None)]),
        ([rule("a", unit="town")], [job("e", days(-9), unit=None)], [], []),
        ([rule("a", effect=WITHHOLD, order=2), rule("b", order=1)], [NOW], [], [(0, None)]),
        # A rule's own days; changed, and changed back.
        ([rule(life=days(-9, 4))], [NOW], [], [(0, 4)]),
        ([rule(life=days(None, 0)), rule(effect=WITHHOLD, life=days(0))], [NOW], [], []),
        ([rule(life=days(None, 2)), rule(effect=WITHHOLD, life=days(2, 5)), rule(life=days(5))], [NOW], [],
         [(0, 2), (5, None)]),
        # Affiliations, and several ties.
        ([rule("a", "employment.kind == 'Affiliation'")], [NOW], [], []),
        ([rule("a", "employment.kind == 'Affiliation'")], [job("a", days(-9, 9), kind="Affiliation")], [], [(0, 9)]),
        ([rule("a", "employment.type != 'hourly'")], [NOW, job("h", days(-9), type="hourly")], [], [(0, None)]),
        ([rule("a", "employment.type != 'hourly'")], [job("h", days(-9), type="hourly")], [], []),
        ([rule("a", "employment.type != 'hourly'")], [job("h", days(-9), type=None)], [], [(0, None)]),
    ],
)  # fmt: skip
def test_the_days_on_which_it_is_open(
    rules: list[AccountRule], ties: list[Tie], exceptions: list[AccountException], expected: Days
) -> None:
    assert opens(planned(facts(rules, ties, exceptions))) == expected


@pytest.mark.parametrize(("unit", "walked"), [(None, 1), ("job", 2)])
def test_the_tree_is_walked_only_where_units_have_rules(unit: str | None, walked: int) -> None:
    deciding = Deciding(facts([rule("a"), rule("b", unit=unit)], [NOW]))
    for tie in (NOW, job("e", days(-1000), unit="canteen")):
        deciding.decide(tie, tie.states[0], TODAY)
    assert len(deciding._nearest) == walked


def test_a_condition_over_roles() -> None:
    only = rule("m", "roles.exists(each, each.key == 'manager')")
    roles = {"u": {"key": "manager", "title": "Leder"}}
    for held, expected in ((("u",), [(0, None)]), ((), [])):
        assert opens(planned(facts([only], [job("e", days(-9), roles=held)], roles=roles))) == expected


def test_a_value_that_is_missing_fails_where_it_is_compared_and_changes_nothing() -> None:
    asked = rule("m", "employment.fraction >= 0.5")
    before = kept_of(facts([asked], [NOW]))
    unknown = facts([asked], [job("e", days(-1000), fraction=None)])
    assert [each.rule.key for each in planned(unknown, before).failed] == ["m"]
    assert kept_of(unknown, before) == before
    guarded = rule("m", "employment.fraction == null || employment.fraction >= 0.5")
    assert opens(planned(facts([guarded], [job("e", days(-1000), fraction=None)]))) == [(0, None)]


@pytest.mark.parametrize(
    ("life", "who", "exceptions", "expected"),
    [
        (days(), WHO, [], None),
        (days(-1000, 0), WHO, [], [(0, 5)]),
        (days(-1000, -5), WHO, [], []),
        (days(-1000, 9), WHO, [], [(0, 14)]),
        (days(), replace(WHO, dead=TODAY), [], []),
        (days(), WHO, [exception(WITHHOLD, days(0))], []),
        (days(), WHO, [exception(WITHHOLD, days(3, 9), None)], [(0, 3), (9, None)]),
        (days(), WHO, [exception(WITHHOLD, days(0), "school")], None),
        (days(-1000, -5), WHO, [exception(KEEP, days(0, 9))], [(0, 9)]),
    ],
)
def test_a_condition_that_fails_keeps_nothing_open_that_is_over(
    life: Period, who: Person, exceptions: list[AccountException], expected: Days | None
) -> None:
    asked = rule("m", "employment.fraction >= 0.5", after=5, grace=30, retention=90)
    before = kept_of(facts([asked], [NOW], today=EARLIER))
    now = facts([asked], [job("e", life, fraction=None)], exceptions, who=who)
    made = planned(now, before)
    assert [each.rule.key for each in made.failed] == (["m"] if life.last > TODAY else [])
    kept = kept_of(now, before)
    assert (kept == before) is (expected is None)
    if expected is not None:
        last = [(opens(made), [(each.to.key, each.period.end) for each in kept["p:ad"].links["employment"]][-1:])]
        assert last == [(expected, [("e", at(expected[-1][1]) if expected else TODAY)])]
    assert kept_of(now, kept) == kept, "the next run has nothing to do"


def test_keep_neither_closes_nor_opens_nor_deletes() -> None:
    everyone = rule(retention=10)
    was_open = kept_of(facts([everyone], [NOW], today=EARLIER))
    left = facts([everyone], [job("e", days(-1000, 0))], [exception(KEEP, days(0, 30))])
    assert opens(planned(left, was_open)) == [(0, 30)]
    assert "delete_on" not in kept_of(left, was_open)["p:ad"].values
    closed = kept_of(facts([everyone], [job("e", days(-1000, 0))]), was_open)
    later = facts([everyone], [], [exception(KEEP, days(0, 30))], today=TODAY + timedelta(days=5))
    made = planned(later, closed)
    assert opens(made) == [] and "delete_on" not in kept_of(later, closed)["p:ad"].values
    assert opens(planned(facts([everyone], [], [exception(KEEP, days(0, 30))]))) == []


def test_what_is_kept_open_stays_filled_by_the_employment_that_has_ended() -> None:
    everyone = rule(licence="E3")
    kept = kept_of(facts([everyone], [NOW], today=EARLIER))
    for day in range(3):  # from the second day on, what has ended is looked at no more
        ended = [job("e", days(-1000, 0))] if not day else []
        kept = kept_of(
            facts([everyone], ended, [exception(KEEP, days(0, 30))], today=TODAY + timedelta(days=day)), kept
        )
    (link,), (licence,) = kept["p:ad"].links["employment"], kept["p:ad"].values["licence"]
    assert (link.to.key, link.period.end, licence.period.end) == ("e", at(30), at(30))


def test_who_returns_has_the_same_account_with_another_employment() -> None:
    for per in ("person", PER_EMPLOYMENT):
        own = [rule(per=per, retention=90)]
        first = kept_of(facts(own, [job("e1", days(-100))], today=EARLIER))
        left = kept_of(facts(own, [job("e1", days(-100, 0))]), first)
        day = TODAY + timedelta(days=50)
        back = kept_of(facts(own, [job("e2", days(50))], today=day), left)
        assert back.keys() == first.keys()
        (kept,) = back.values()
        assert [each.start for each in kept.exists or ()] == [EARLIER, day]
        assert "delete_on" not in kept.values
        assert [each.to.key for each in kept.links["employment"]] == ["e1", "e2"]


@pytest.mark.parametrize("is_taken", [False, True])
def test_who_returns_after_the_deletion_has_the_old_names_unless_others_have_them_now(is_taken: bool) -> None:
    policy = NamePolicy("n", ("{given:2}{last:2}", "{given:3}{last:3}"), "{login}@klit.example", "{given}@klit.example")
    own = [rule(retention=10)]
    first = planned(facts(own, [NOW], today=EARLIER))
    wanted = first.wanted["p:ad"]
    wanted.names = names_of(wanted, policy, Taken())
    stated = {"p:ad": statement(wanted, facts(own, [NOW], today=EARLIER))}
    left = kept_of(facts(own, [job("e", days(-1000, 0))]), stated)
    later = facts(own, [job("f", days(20))], today=TODAY + timedelta(days=20))
    (back,) = planned(later, left).wanted.values()
    assert back.was_deleted and needs_names(back)
    known = Taken()
    if is_taken:
        other = Holder("q", "ad", "q:ad")
        known.take(known.logins, "ANBE", other)
        known.take(known.mails, "anna@klit.example", other)
    back.names = names_of(back, policy, known)
    values = statement(back, later).values
    now = {name: each[-1].value for name, each in values.items() if name in ("login", "email", "principal_name")}
    assert now == (
        {"login": "annber", "email": "anna2@klit.example", "principal_name": "annber@klit.example"}
        if is_taken
        else {"login": "anbe", "email": "anna@klit.example", "principal_name": "anbe@klit.example"}
    )
    assert "former_emails" not in values or values["former_emails"][-1].period.last <= later.today


def test_each_employment_has_one_and_a_later_one_takes_a_free_one() -> None:
    own = [rule(per=PER_EMPLOYMENT, retention=90)]
    first = kept_of(facts(own, [job("e1", days(-100)), job("e2", days(-50))], today=EARLIER))
    assert {each.links["employment"][0].to.key for each in first.values()} == {"e1", "e2"}
    ties = [job("e1", days(-100, 0)), job("e2", days(-50)), job("e3", days(0))]
    for before in (first, kept_of(facts(own, ties[:2]), first)):
        after = kept_of(facts(own, ties), before)
        assert after.keys() == first.keys(), "e3 has the account that e1 no longer needs"
        assert {each.links["employment"][-1].to.key for each in after.values()} == {"e2", "e3"}


def test_deletion_follows_the_rule_as_it_is_now() -> None:
    changed = [rule(retention=10, life=days(None, -5)), rule(retention=400, life=days(-5))]
    first = kept_of(facts(changed, [NOW], today=EARLIER))
    for ended in (changed, [*changed[:1], replace(changed[1], life=days(-5, 0))]):
        left = facts(ended, [job("e", days(-1000, 0))])
        (deleted,) = kept_of(left, first)["p:ad"].values["delete_on"]
        assert deleted.value == (TODAY + timedelta(days=400)).isoformat()


def test_days_in_a_gap_belong_to_the_employment_that_follows() -> None:
    """What has ended has no title and no unit any more that a target could show."""
    made = facts([rule(grace=30)], [job("e", days(-9, 5)), job("f", days(20))])
    links = kept_of(made)["p:ad"].links["employment"]
    assert [(each.to.key, each.period) for each in links] == [("e", days(0, 5)), ("f", days(5))]


def test_the_dead_have_no_account() -> None:
    made = facts([rule(after=90, grace=30)], [NOW], who=replace(WHO, dead=TODAY))
    assert opens(planned(made)) == []


@pytest.mark.parametrize("per", ["person", PER_EMPLOYMENT])
def test_the_order_in_which_things_are_read_decides_nothing(per: str) -> None:
    rules = [rule("a", per=per, lead=5), rule("b", per=per, unit="desk", order=1), rule("c", per=per, unit="desk")]
    ties = [job("e1", days(-100, 40)), job("e2", days(-50)), job("e3", days(20), unit="canteen")]
    found = {
        str(sorted((key, statement(each, made)) for key, each in planned(made).wanted.items()))
        for several in permutations(rules)
        for each_ties in permutations(ties)
        for made in [facts(several, each_ties)]
    }
    assert len(found) == 1


# -- what holds in every case ---------------------------------------------------------------------------------------


@st.composite
def _life(draw: Any) -> Period:
    start = draw(st.integers(-60, 60))
    return days(start, draw(st.none() | st.integers(start + 1, 90)))


_RULES = st.lists(
    st.builds(
        rule,
        st.sampled_from("abc"),
        st.sampled_from([None, "employment.type != 'hourly'", "employment.kind == 'Employment'"]),
        effect=st.sampled_from([GIVE, GIVE, WITHHOLD]),
        per=st.sampled_from(["person", PER_EMPLOYMENT]),
        unit=st.sampled_from([None, "town", "desk"]),
        lead=st.sampled_from([0, 14]),
        grace=st.sampled_from([0, 30]),
        after=st.sampled_from([0, 7]),
        retention=st.sampled_from([None, 20]),
        licence=st.sampled_from([None, "E3"]),
        expiry=st.booleans(),
        life=_life(),
    ),
    min_size=1,
    max_size=3,
)
_TIES = st.lists(
    st.builds(
        job,
        st.sampled_from(["e1", "e2", "e3"]),
        _life(),
        unit=st.sampled_from([None, "desk", "canteen"]),
        kind=st.sampled_from(["Employment", "Affiliation"]),
        type=st.sampled_from([None, "hourly", "monthly_full"]),
    ),
    max_size=3,
    unique_by=lambda each: each.uuid,
)
_EXCEPTIONS = st.lists(st.builds(exception, st.sampled_from([GIVE, WITHHOLD, KEEP]), _life()), max_size=2)


@settings(max_examples=150, derandomize=True)
@given(_RULES, _TIES, _EXCEPTIONS, st.lists(st.integers(0, 40), min_size=1, max_size=3))
def test_in_every_case(
    rules: list[AccountRule], ties: list[Tie], exceptions: list[AccountException], later: list[int]
) -> None:
    kept: dict[str, Any] = {}
    for after in sorted(later):
        today = TODAY + timedelta(days=after)
        made = facts(rules, ties, exceptions, today=today)
        before, kept = kept, kept_of(made, kept)
        assert kept_of(made, kept) == kept, "a second run changes nothing"
        past = (Period(date.min, today),)
        for key, each in kept.items():
            assert within(each.exists or (), past) == within(before[key].exists or () if key in before else (), past)
            _fits(each, today, exceptions)
            farthest = [
                Period(one.life[0].start - timedelta(days=14), one.life[0].last + timedelta(days=30))
                if one.life[0].end
                else Period(one.life[0].start - timedelta(days=14))
                for one in ties
            ]
            excepted = [one.life for one in exceptions if one.effect != WITHHOLD]
            from_now = within(each.exists or (), (Period(today),))
            assert without(from_now, [*farthest, *excepted]) == (), "it is open for no reason"


def _fits(stated: Any, today: date, exceptions: list[AccountException]) -> None:
    """Links and values lie within the days; from today on there is one owner, one tie and one rule at a time."""
    exists = stated.exists
    from_now = within(exists, (Period(today),))
    for name in ("rule",):
        linked = [each.period for each in stated.links.get(name, ())]
        if not any(each.effect != WITHHOLD for each in exceptions):
            assert without(from_now, linked) == (), "every day has its rule"
    ties = [each.period for name in ("employment", "affiliation") for each in stated.links.get(name, ())]
    for place, one in enumerate(ties):
        assert all(one.overlap(other) is None for other in ties[place + 1 :]), "one tie at a time"
    for each in exceptions:
        if each.effect == WITHHOLD and not any(other.effect == KEEP for other in exceptions):
            assert within(from_now, (each.life,)) == ()


MAIL = rule("mail", system="school", needs="ad", lead=30, after=30)


@pytest.mark.parametrize(
    ("rules", "ties", "exceptions", "expected"),
    [
        ([rule()], [NOW], [], [(0, None)]),
        ([rule(lead=14, after=7)], [job("e", days(20, 40))], [], [(6, 47)]),
        ([], [NOW], [], []),
        ([rule(effect=WITHHOLD)], [NOW], [], []),
        ([rule()], [NOW], [exception(WITHHOLD, days(3, 9))], [(0, 3), (9, None)]),
        ([rule(condition="employment.type == 'hourly'")], [NOW, job("h", days(2, 5), type="hourly")], [], [(2, 5)]),
        ([rule(per=PER_EMPLOYMENT)], [job("e", days(-9, 4)), job("f", days(50))], [], [(0, 4), (50, None)]),
        # What needs each other is there together, or not at all.
        ([rule(needs="school", life=days(2))], [NOW], [], [(2, None)]),
    ],
)
def test_an_account_that_needs_another_is_open_on_none_but_its_days(
    rules: list[AccountRule], ties: list[Tie], exceptions: list[AccountException], expected: Days
) -> None:
    assert opens(planned(facts([*rules, MAIL], ties, exceptions)), "p:school") == expected


def test_an_account_that_needs_another_ends_with_it_and_returns_as_the_same() -> None:
    before = kept_of(facts([rule(), MAIL], [NOW]))
    left = facts([rule(condition="employment.type == 'hourly'"), MAIL], [NOW])
    made = planned(left, before)
    assert [key for key, each in made.wanted.items() if each.closes(TODAY)] == ["p:ad", "p:school"]
    kept = kept_of(left, before)
    assert kept["p:school"].exists == ()  # it was to begin today
    assert opens(planned(facts([rule(), MAIL], [NOW]), kept), "p:school") == [(0, None)]


def test_an_account_that_needs_another_stays_where_that_could_not_be_decided() -> None:
    before = kept_of(facts([rule(), MAIL], [NOW]))
    made = planned(
        facts([rule(condition="employment.fraction > 0.5"), MAIL], [job("e", days(-9), fraction=None)]), before
    )
    assert [each.system for each in made.failed] == ["ad"] and opens(made, "p:school") == [(0, None)]


def test_an_exception_keeps_an_account_also_without_the_one_that_it_needs() -> None:
    before = kept_of(facts([rule(), MAIL], [NOW]))
    made = planned(facts([MAIL], [NOW], [exception(KEEP, days(0, 9), "school")]), before)
    assert opens(made, "p:school")[0][0] == 0


# -- what holds on each day, and what was before -----------------------------------------------------------------------

CANTEEN = rule("canteen", effect=WITHHOLD, unit="canteen")
FULL = "employment.fraction >= 0.5"


@pytest.mark.parametrize("grace", [0, 30])
@pytest.mark.parametrize(
    ("moved", "expected"),
    [(-10, []), (0, []), (1, [(0, 1)]), (40, [(0, 40)])],
)
def test_the_tree_of_each_day_decides_however_old_the_employment_is(grace: int, moved: int, expected: Days) -> None:
    """Anna's unit moves below the canteen, whose rule withholds."""
    parents = {"desk": [(days(None, moved), "job"), (days(moved), "canteen")]}
    old, new = job("e", days(-1000)), job("f", days(-1))
    for ties in ([old], [new], [old, new]):
        assert opens(planned(facts([rule(grace=grace), CANTEEN], ties, parents=parents))) == expected
    back = {"desk": [(days(None, -20), "canteen"), (days(-20), "job")]}
    assert opens(planned(facts([rule(grace=grace), CANTEEN], [old], parents=back))) == [(0, None)]


def test_a_gap_is_as_long_as_the_tree_of_its_days_made_it() -> None:
    parents = {"desk": [(days(None, -20), "job"), (days(-20, 5), "canteen"), (days(5), "job")]}
    rules = [rule(grace=30), CANTEEN]
    assert opens(planned(facts(rules, [NOW], parents=parents))) == [(0, None)]
    assert opens(planned(facts([replace(rules[0], grace=24), CANTEEN], [NOW], parents=parents))) == [(5, None)]


@pytest.mark.parametrize(
    ("states", "expected", "fails"),
    [
        # What was unknown on past days holds up nothing today.
        ([(days(-90, -10), "desk", None), (days(-10), "desk", 1.0)], [(0, None)], False),
        ([(days(-90, -10), "desk", None), (days(-10), "desk", 0.1)], [], False),
        # What is unknown later stays as it was planned on those days, and decides nothing before.
        ([(days(-90, 20), "desk", 1.0), (days(20), "desk", None)], [(0, None)], True),
        ([(days(-90, 20), "desk", 0.1), (days(20), "desk", None)], [(20, None)], True),
        ([(days(-90, 20), "desk", None), (days(20, 40), "desk", 1.0)], [(0, 40)], True),
    ],
)
def test_a_condition_fails_for_the_days_on_which_it_can_not_be_evaluated(
    states: list[tuple[Period, str, float | None]], expected: Days, fails: bool
) -> None:
    asked = rule("m", FULL, grace=30)
    before = kept_of(facts([asked], [job("e", days(-1000))], today=EARLIER))
    made = planned(facts([asked], [job_of(*states)]), before)
    assert (opens(made), bool(made.failed)) == (expected, fails)


def test_a_hire_is_not_held_up_by_what_was_unknown_in_the_look_back() -> None:
    asked = rule("m", FULL, grace=30)
    made = planned(facts([asked], [job_of((days(-9, -2), "desk", None), (days(-2), "desk", 1.0))]))
    assert opens(made) == [(0, None)] and made.failed == []
    waits = planned(facts([asked], [job("e", days(-2), fraction=None)]))
    assert opens(waits) == [] and [each.rule.key for each in waits.failed] == ["m"]


def test_what_fails_for_one_employment_leaves_the_other_its_account() -> None:
    asked = rule("m", FULL, per=PER_EMPLOYMENT)
    ties = [job("e1", days(-100)), job("e2", days(-50))]
    before = kept_of(facts([asked], ties, today=EARLIER))
    now = facts([asked], [replace(ties[0], life=(days(-100, 0),), states=()), job("e2", days(-50), fraction=None)])
    links = {each.links["employment"][-1].to.key: key for key, each in before.items()}
    made = planned(now, before)
    assert (opens(made, links["e1"]), opens(made, links["e2"])) == ([], [(0, None)])


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (days(5, 30), [(0, 30)]),
        (days(3, 30), [(0, 30)]),
        (days(6, 30), [(0, 5)]),
        (days(0, 3), [(0, 5)]),
        (days(-3, 30), [(0, 30)]),
    ],
)
@pytest.mark.parametrize("fraction", [1.0, None])
def test_keep_that_begins_when_the_days_end_leaves_no_moment_closed(
    keep: Period, expected: Days, fraction: float | None
) -> None:
    everyone = rule(condition="employment.fraction > 0.5")
    before = kept_of(facts([everyone], [NOW], today=EARLIER))
    left = job("e", days(-1000, 5), fraction=fraction)
    assert opens(planned(facts([everyone], [left], [exception(KEEP, keep)]), before)) == expected


def test_an_exception_that_gives_fills_the_account_from_what_is_in_force() -> None:
    """The larger job begins next month: until then, the account has the title and the unit of the one that she has."""
    only = rule(condition="employment.type == 'hourly'")
    small = job("small", days(-100), fraction=0.2)
    large = job("large", days(30), fraction=1.0)
    made = facts([only], [large, small], [exception(GIVE, days(0, 60))])
    links = kept_of(made)["p:ad"].links["employment"]
    assert [(each.to.key, each.period) for each in links] == [("small", days(0, 30)), ("large", days(30, 60))]
    over = facts([only], [job("gone", days(-100, -5)), large], [exception(GIVE, days(0, 60))])
    links = kept_of(over)["p:ad"].links["employment"]
    assert [(each.to.key, each.period) for each in links] == [("gone", days(0, 30)), ("large", days(30, 60))]


def test_a_rule_that_becomes_one_for_a_person_keeps_the_account_that_is_in_use() -> None:
    own = [rule(per=PER_EMPLOYMENT)]
    first = kept_of(facts(own, [job("e9", days(-900)), job("e1", days(-800))], today=TODAY - timedelta(days=500)))
    links = {each.links["employment"][0].to.key: key for key, each in first.items()}
    later = kept_of(facts(own, [job("e1", days(-800))], today=TODAY - timedelta(days=499)), first)
    made = planned(facts([rule()], [job("e1", days(-800))]), later)
    assert (opens(made, links["e1"]), opens(made, links["e9"])) == ([(0, None)], [])
    assert not any(each.closes(TODAY) for each in made.wanted.values())


def test_who_is_joined_into_another_hands_the_open_account_over() -> None:
    """Bo's account stays, with all that hangs on it, where he turns out to be Anna."""
    kept = {f"b{key[1:]}": replace(each, key=f"b{key[1:]}")
            for key, each in kept_of(facts([rule()], [NOW], today=EARLIER)).items()}  # fmt: skip
    joined = facts([rule()], [NOW], joined={"b": "p"})
    made = planned(joined, kept)
    assert set(made.wanted) == {"b:ad"} and opens(made, "b:ad") == [(0, None)]
    both = {**kept, **kept_of(facts([rule()], [job("f", days(-1000))], today=EARLIER))}
    made = planned(joined, both)
    assert {key: opens(made, key) for key in both} == {"p:ad": [(0, None)], "b:ad": []}
    closed = kept_of(facts([rule()], [job("f", days(-1000, -1))], today=EARLIER))
    closed = {key: replace(each, exists=(days(-3, -1),)) for key, each in closed.items()}
    made = planned(joined, {**kept, **closed})
    assert (opens(made, "b:ad"), opens(made, "p:ad")) == ([(0, None)], [])


def test_the_start_of_an_employment_is_its_first_day() -> None:
    made = rule(condition="employment.start < '2024-01-01'")
    assert opens(planned(facts([made], [job("e", days(-30), first=at(-1000))]))) == [(0, None)]
    assert opens(planned(facts([made], [job("e", days(-30))]))) == []


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([days(-9)], [days(-9, 0)], 0),
        ([days(-9)], [days(-9, 1)], 1),
        ([days(-9)], [days(-9, 400)], 400),
        ([days(-9, 30)], [days(-9, 20)], 20),
        ([days(-9, 30)], [days(-9, 40)], None),
        ([days(-9)], [days(-9, 5), days(20)], 5),
        ([days(-9, 5), days(20)], [days(-9, 5)], None),  # it is to close on that day anyway
        ([days(9)], [days(12)], None),
        ([days(9)], [], None),  # nobody has it yet
        ([], [days(-9)], None),
    ],
)
def test_what_closes_earlier_than_planned_is_a_closing_on_that_day(
    before: list[Period], now: list[Period], expected: int | None
) -> None:
    """active_directory.md pitfall 42: leaving tomorrow is no better than having left today, where everybody does."""
    ties = [[job(f"e{place}", life) for place, life in enumerate(several)] for several in (before, now)]
    kept = kept_of(facts([rule()], ties[0], today=EARLIER)) if before else {}
    made = planned(facts([rule()], ties[1]), kept)
    found = [each.closes_on(TODAY) for each in made.wanted.values()]
    assert found == ([at(expected)] if kept or now else [])
    assert [each.closes(TODAY) for each in made.wanted.values()] == [expected == 0] * len(found)


def test_an_end_that_is_taken_back_leaves_nothing_planned() -> None:
    """active_directory.md pitfall 40."""
    own = [rule(expiry=True, retention=30)]
    first = kept_of(facts(own, [NOW], today=EARLIER))
    ends = kept_of(facts(own, [job("e", days(-1000, 5))], today=EARLIER), first)
    assert {"expires", "delete_on"} <= ends["p:ad"].values.keys()
    later = kept_of(facts(own, [job("e", days(-1000, 90))]), ends)
    assert [each.value for each in later["p:ad"].values["expires"]] == [str(at(90))]
    assert kept_of(facts(own, [NOW]), ends)["p:ad"] == first["p:ad"]


@pytest.mark.parametrize("expiry", [False, True])
def test_a_leave_closes_the_account_and_opens_it_again_where_the_rule_says_so(expiry: bool) -> None:
    """active_directory.md pitfall 41."""
    own = [rule(condition=FULL, expiry=expiry, retention=30)]
    ties = [job_of((days(-1000, 10), "desk", 1.0), (days(10, 60), "desk", 0.0), (days(60), "desk", 1.0))]
    kept = kept_of(facts(own, ties))
    assert kept["p:ad"].exists == (days(0, 10), days(60))
    assert "delete_on" not in kept["p:ad"].values
    told = [(each.period, each.value) for each in kept["p:ad"].values.get("expires", ())]
    assert told == ([(days(0, 10), str(at(10)))] if expiry else [])
    back = kept_of(facts(own, ties, today=TODAY + timedelta(days=60)), kept)
    assert back["p:ad"].exists == kept["p:ad"].exists, "nothing has to be decided on the day"


@pytest.mark.parametrize("rule_now", [True, False])
def test_the_dead_keep_no_account_by_an_exception(rule_now: bool) -> None:
    everyone = rule()
    before = kept_of(facts([everyone], [NOW]))
    dead = replace(WHO, dead=TODAY)
    ties = [NOW] if rule_now else [job("e", days(-1000, 0))]
    made = facts([everyone], ties, [exception(KEEP, days(-5, 500))], who=dead)
    assert opens(planned(made, before, dead)) == []
