"""A domain that holds accounts already, no source that reads it, no ``adopt_by``: no person gets a second account."""

from exporters.objects.adoption import adopt, candidates, keep_apart
from exporters.objects.target import Ref
from tests.exporters.active_directory.town import AT, KEY, Domain, Town, uuid_of

LIKE = ("byname", "bymail", "byalias", "byupn", "bynumber", "nameless")


def _town() -> Town:
    """Six people who have an account, and four who have none, though some share something with another's account."""
    town = Town().person("byname", "Alma Bæk").person("nameless", "Nora Testrup")
    town.person("bymail", "Bo Bæk", login="bobk", email="bo.bæk@klit.example")
    town.person("byalias", "Ida Bæk", login="idbk", email="ida@klit.example")
    town.person("byupn", "Kaj Bæk", login="kabk", principal_name="kaj@klit.example")
    town.person("bynumber", "Liv Bæk", login="libk", number="4711")
    town.person("other", "Mads Ny").person("away", "Rie Ny", email="rie@klit.example")
    return town.person("marked", "Siv Ny").person("new", "Tom Ny")


def _held(domain: Domain) -> dict[str, str]:
    """What the domain holds: login → objectGUID."""
    domain.add("byname", displayName="alma  BÆK")
    domain.add("nameless")
    domain.add("bo", displayName="Bo B.", mail="Bo.Bæk@klit.example")
    domain.add("ida", displayName="I. Bæk", proxyAddresses="smtp:IDA@klit.example")
    domain.add("kaj", displayName="K. B.", userPrincipalName="Kaj@klit.example")
    domain.add("liv", displayName="L. B.", employeeID="4711")
    domain.add("other", displayName="Mette Olsen", sn="Olsen")
    domain.add("rie", displayName="Rie Ny", mail="rie@klit.example", ou=domain.ou)
    domain.add("siv", displayName="Siv Ny", mail="siv@klit.example", **{KEY: uuid_of("another")})
    return {each["sAMAccountName"][0]: each["objectGUID"] for each in domain.found("(objectClass=user)")}


def test_nothing_is_created_beside_an_account_that_may_be_the_same(domain: Domain) -> None:
    held, town = _held(domain), _town()
    chosen = {"excluded": [f"OU=Closed,{domain.ou}"], "within": [f"OU=Users,{domain.ou}", f"OU=Closed,{domain.ou}"]}
    before = domain.state()
    dry = domain.export(town, settings=chosen, dry_run=True)
    parked = {uuid_of(each): "made_by_others" for each in LIKE}
    assert ({each.key: each.problem for each in dry.parked}, domain.state()) == (parked, before)
    report = domain.export(town, settings=chosen)
    assert {each.key: each.problem for each in report.parked} == parked
    assert all("reconnect accounts adopt" in each.reason for each in report.parked)
    assert set(domain.logins()) - held.keys() == {"other2", "away", "marked", "new"}
    assert all(domain.user(each)["sAMAccountName"] == [each] for each in held)

    target = domain.target(**chosen)
    found = {each.wanted.key: each for each in candidates(domain.driver, target, town.read, AT)}
    assert found.keys() == parked.keys()
    assert {key for key, each in found.items() if not each.doubt} == {uuid_of("bynumber")}, "namesakes share the rest"
    assert found[uuid_of("bymail")].doubt == "only mail fits, which another person may have"
    mine, hers = uuid_of("byname"), uuid_of("nameless")
    adopt(domain.driver, target, {Ref("user", mine): found[mine].found[0]})
    keep_apart(domain.driver, target, {Ref("user", hers): frozenset({held["nameless"]})})
    again = domain.export(town, settings=chosen)
    assert {each.key for each in again.parked} == parked.keys() - {mine, hers}
    assert domain.user("byname")["objectGUID"] == held["byname"] and domain.user("byname")[KEY] == [mine]
    assert domain.user("nameless2")[KEY] == [hers] and KEY not in domain.user("nameless")
    assert domain.export(town, settings=chosen).run is None


def test_all_wait_for_an_approval_where_the_settings_say_so(domain: Domain) -> None:
    domain.add("ane", displayName="Ane Olsen")
    chosen, town = {"first_beside_others": "stop"}, Town().person("bo").person("ida")
    stopped = domain.export(town, settings=chosen)
    assert stopped.brake is not None and domain.logins() == ["ane"]
    assert "2 would be created beside 1 that others made" in stopped.reasons[0]
    assert domain.export(town, settings=chosen, approve=stopped.brake, user="anna").brake is None
    assert domain.logins() == ["ane", "bo", "ida"]
    assert domain.export(town.person("kaj"), settings=chosen).brake is None, "only the first"
    assert domain.logins() == ["ane", "bo", "ida", "kaj"]


def test_the_check_names_what_to_do_about_the_domains_own_set_up(domain: Domain) -> None:
    """Samba has level 2008 R2, no recycle bin and, as provisioned, no lockout."""
    base, target = domain.controller.base, domain.target(passwords={"length": 12})
    domain.set(base, minPwdLength=7, lockoutThreshold=0)
    try:
        found = {each.rule: each.text for each in target.check()}
        assert found.keys() == {"lockout", "recycle_bin"}
        assert "Enable-ADOptionalFeature" in found["recycle_bin"] and "never locked" in found["lockout"]
        domain.set(base, minPwdLength=20, lockoutThreshold=5, lockoutDuration=-18_000_000_000)
        found = {each.rule: each.text for each in target.check()}
        assert "Set it to 20" in found["password_policy"]
        assert "5 wrong logins lock the service account for 30 minutes" in found["lockout"]
        domain.set(base, minPwdLength=29)
        found = {each.rule: each.text for each in target.check()}
        assert "until then no account is made" in found["password_policy"]
    finally:
        domain.set(base, minPwdLength=7, lockoutThreshold=0, lockoutDuration=-18_000_000_000)
