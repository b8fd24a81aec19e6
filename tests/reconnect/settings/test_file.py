"""Settings: one tree from file, environment and secret files; every value says where it came from."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel

from reconnect.settings.file import DEFAULT, SettingsError, find, load, shown
from reconnect.settings.tree import Settings
from reconnect.settings.words import models_in


def written(folder: Path, text: str) -> Path:
    file = folder / "reconnect.toml"
    file.write_text(text)
    return file


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, ""), {})
    assert loaded.settings.worker.attempts == 5
    assert loaded.origin(("worker", "attempts")) == DEFAULT


def test_the_environment_outranks_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "[worker]\nattempts = 7\nat_once = 3\n")
    loaded = load(file, {"RECONNECT__WORKER__ATTEMPTS": "9", "RECONNECT_HOME": "/elsewhere"})
    assert loaded.settings.worker.attempts == 9
    assert loaded.settings.worker.at_once == 3
    assert loaded.origin(("worker", "attempts")) == "environment RECONNECT__WORKER__ATTEMPTS"
    assert loaded.origin(("worker", "at_once")) == str(file)


def test_lists_and_tables_in_the_environment_are_json(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, ""), {"RECONNECT__MERGE__ORDER": '["opus", "sd"]'})
    assert loaded.settings.merge.order == ("opus", "sd")


@pytest.mark.parametrize(
    "text", ['[neo4j]\npassword = "file:neo4j.secret"\n', '[neo4j]\npassword_file = "neo4j.secret"\n']
)
def test_a_secret_stands_in_a_file_of_its_own(tmp_path: Path, text: str) -> None:
    (tmp_path / "neo4j.secret").write_text("hidden words\n")
    loaded = load(written(tmp_path, text), {})
    assert loaded.settings.neo4j.password is not None
    assert loaded.settings.neo4j.password.get_secret_value() == "hidden words"
    assert "neo4j.secret" in loaded.origin(("neo4j", "password"))


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"neo4j\.password_file: the file absent can't be read"):
        load(written(tmp_path, '[neo4j]\npassword_file = "absent"\n'), {})


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"neo4j\.password and neo4j\.password_file are both set"):
        load(written(tmp_path, '[neo4j]\npassword = "a"\npassword_file = "b"\n'), {})


def test_a_wrong_key_is_refused_with_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(written(tmp_path, '[neo4j]\nurl = "bolt://db"\n'), {})
    assert "neo4j.url is unknown. Did you mean uri? Allowed in [neo4j]: bolt_port" in str(refused.value)
    assert "reconnect.toml" in str(refused.value)


def test_a_wrong_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"wroker is unknown\. Did you mean worker\?"):
        load(written(tmp_path, "[wroker]\nattempts = 1\n"), {})


def test_a_wrong_key_in_a_list_is_refused(tmp_path: Path) -> None:
    text = '[[roles]]\nname = "a"\nrole = "manager"\nmanager_flags = true\n'
    with pytest.raises(SettingsError, match=r"roles\.0\.manager_flags is unknown\. Did you mean manager_flag\?"):
        load(written(tmp_path, text), {})


def test_every_wrong_value_is_named_with_its_place(tmp_path: Path) -> None:
    file = written(tmp_path, '[worker]\nattempts = 0\n[schedules.imports]\nsd = "daily"\n')
    with pytest.raises(SettingsError) as refused:
        load(file, {})
    lines = str(refused.value).splitlines()
    assert len(lines) == 2
    assert any(line.startswith("worker.attempts:") and "greater than or equal to 1" in line for line in lines)
    assert any(line.startswith("schedules.imports.sd:") and "minute, hour, day" in line for line in lines)
    assert all(str(file) in line for line in lines)


def test_notices_without_a_mail_server_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^account_notices: mail\.host is missing, so no mail could be sent \("):
        load(written(tmp_path, '[account_notices]\nit = ["it@klit.example"]\n'), {})


@pytest.mark.parametrize(
    "wrong", ['statement = "https://klit.example/was"', 'email = "klit.example"', 'phone = "ring til os"']
)
def test_an_accessibility_statement_has_an_official_address_and_somebody_who_answers(
    tmp_path: Path, wrong: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^accessibility\.{wrong.partition(' ')[0]}"):
        load(written(tmp_path, f"[accessibility]\n{wrong}\n"), {})


def test_a_wrong_secret_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(written(tmp_path, "[neo4j]\npassword = 123456\n"), {})
    assert "123456" not in str(refused.value)


def test_broken_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not valid TOML"):
        load(written(tmp_path, "[neo4j\n"), {})


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load(tmp_path / "absent.toml", {})


def test_the_file_is_looked_for_in_the_home_and_then_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("RECONNECT_HOME", str(home))
    monkeypatch.delenv("RECONNECT_CONFIG", raising=False)
    monkeypatch.chdir(here)
    assert find(None) is None
    written(here, "")
    assert find(None) == Path("reconnect.toml")
    assert find(written(home, "")) == home / "reconnect.toml"
    monkeypatch.setenv("RECONNECT_CONFIG", str(here / "reconnect.toml"))
    assert find(None) == here / "reconnect.toml"


def test_what_is_shown_masks_secrets_and_names_origins(tmp_path: Path) -> None:
    text = '[neo4j]\npassword = "very hidden"\n[cpr_keys.keys]\nk1 = "also hidden"\n[redis]\nurl = "redis://:hidden@db/0"\n'
    rows = {name: (value, origin) for name, value, origin in shown(load(written(tmp_path, text), {}))}
    assert "hidden" not in str(rows)
    assert rows["neo4j.password"] == ("•••", str(tmp_path / "reconnect.toml"))
    assert rows["cpr_keys.keys.k1"][0] == "•••"
    assert rows["neo4j.user"] == ("neo4j", DEFAULT)


SD = '[sources.sd]\nuser = "SYx"\npassword = "hidden words"\ninstitutions = ["XA"]\n'


def test_a_blank_value_says_that_there_is_none(tmp_path: Path) -> None:
    role = '[[roles]]\nname = "a"\nrole = "b"\nmanager_flag = true\n'
    file = written(tmp_path, f'{SD}json_url = ""\n[mail]\nhost = ""\n{role}')
    settings = load(file, {"RECONNECT__NEO4J__URI": ""}).settings
    assert settings.sources.sd is not None
    assert (settings.sources.sd.json_url, settings.mail.host, settings.neo4j.uri) == (None, None, None)
    assert settings.sources.sd.xml_url
    assert settings.roles[0].manager_flag


STIL = '[sources.unilogin]\nprovider = "x"\nkey_file = "k"\nkey_password = "hidden words"\n'
PLAN = '[targets.plan2learn]\nform = {encoding = "utf-8"}\ndelivery = {kind = "folder", path = "/out"}\n'


def test_known_names_in_settings_are_taken(tmp_path: Path) -> None:
    text = (
        '[merge]\norder = ["opus", "tags", "more", "rule:heads", "facts"]\n'
        '[merge.properties]\n"Person.name" = ["cpr"]\n"Unit.parent" = ["tags"]\n"Unit.exists" = ["sd"]\n'
        '[silence.after_hours]\ntags = 0\nopus = 30\n[schedules.imports]\nfacts = "0 5 * * *"\n'
        '[schedules.exports]\nplan2learn = "0 5 * * *"\n[sources.facts]\nname = "tags"\nother_names = ["more"]\n'
        "[sources.kle]\naccept_release = 2026-01-01\n"
        '[[roles]]\nname = "heads"\nrole = "manager"\nmanager_flag = true\n'
    )
    settings = load(written(tmp_path, text), {}).settings
    assert settings.merge.order[1:3] == ("tags", "more")
    assert settings.sources.kle.accept_release == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (SD.replace('["XA"]', '"XA"'), "sources.sd.institutions", "must be a list"),
        (SD + "excluded_levels = 3\n", "sources.sd.excluded_levels", "must be a list"),
        (SD.replace("SYx", "x"), "sources.sd.user", "such as SY0815"),
        (SD.replace('institutions = ["XA"]\n', ""), "sources.sd", "set the region or the institutions"),
        (SD + 'json_url = "service.sd.dk"\n', "sources.sd.json_url", "is not a web address"),
        ('[api]\nproxies = ["proxy.example"]\n', "api.proxies.0", "is not an address or a network"),
        ('[api]\nproxies = ["10.0.0.5/24"]\n', "api.proxies.0", "is not an address or a network"),
        ('[api]\nproxies = ["*"]\n', "api.proxies.0", "is not an address or a network"),
        (SD + 'xml_url = "https://service sd.dk/"\n', "sources.sd.xml_url", "is not a web address"),
        (SD + 'history = "some"\n', "sources.sd.history", "must be 'all' or 'from_today'"),
        (SD + 'earliest = "yesterday"\n', "sources.sd.earliest", "must be a date, such as 2026-06-30"),
        (SD + 'opens = "early"\n', "sources.sd.opens", "must be a time of the day"),
        (SD + 'unpaid = {positions_from = "9000a"}\n', "sources.sd.unpaid.positions_from", "must be a whole number"),
        (SD + 'excluded_names = ["["]\n', "sources.sd.excluded_names", "is not a valid regular expression"),
        ('[sources.kle]\nurl = "ftp://kle.example"\n', "sources.kle.url", "is not a web address"),
        ('[sources.positions]\nurl = "kle.example"\n', "sources.positions.url", "is not a web address"),
        ('[neo4j]\nuri = "http://db"\n', "neo4j.uri", "is not an address of Neo4j"),
        ('[neo4j]\nheap = "much"\n', "neo4j.heap", "such as 512m"),
        ('[redis]\nurl = "hidden words"\n', "redis.url", "is not an address of Redis"),
        ('[api]\nintrospection = "perhaps"\n', "api.introspection", "must be true or false"),
        ('[worker]\nattempts = "many"\n', "worker.attempts", "must be a whole number"),
        ("roles = 3\n", "roles", "must be a list"),
        ('[merge]\norder = ["opsu", "sd"]\n', "merge.order", "Did you mean opus? Allowed: cpr, sd, opus"),
        ('[merge.properties]\n"Person.nmae" = ["sd"]\n', "merge.properties.Person.nmae", "Did you mean name?"),
        ('[merge.properties]\n"Persn.name" = ["sd"]\n', "merge.properties.Persn.name", "Did you mean Person?"),
        ('[merge.properties]\nname = ["sd"]\n', "merge.properties.name", "such as Person.name"),
        ('[merge.properties]\n"Person.name" = ["ds"]\n', "merge.properties.Person.name", "there is no source 'ds'"),
        (SD + 'json_url = "http://sd.example/api"\n', "sources.sd.json_url", "give an https:// address"),
        (SD + 'xml_url = "http://127.0.0.1.example/"\n', "sources.sd.xml_url", "give an https:// address"),
        (STIL + 'url = "http://stil.example"\n', "sources.unilogin.url", "give an https:// address"),
        ('[sources.kle]\nurl = "http://u:hidden@kle.example"\n', "sources.kle.url", "give an https:// address"),
        ('[sources.positions]\nurl = "http://hr.example"\ntoken = "hidden words"\n', "sources.positions", "https://"),
        ("[silence.after_hours]\nopsu = 3\n", "silence.after_hours.opsu", "there is no source 'opsu'"),
        ("[silence.after_hours]\nopus = -3\n", "silence.after_hours.opus", "greater than or equal to 0"),
        ('[schedules.imports]\nopsu = "0 5 * * *"\n', "schedules.imports.opsu", "there is no source 'opsu'"),
        ('[schedules.exports]\nplan = "0 5 * * *"\n', "schedules.exports.plan", "there is no target 'plan'"),
        ('[schedules.comparisons]\nplan = "0 5 * * *"\n', "schedules.comparisons.plan", "there is no target 'plan'"),
        ('[sources.facts]\nname = "sd"\n', "sources.facts.name", "sd is another source"),
        (SD + 'earliest = "20260101"\n', "sources.sd.earliest", "must be a date, such as 2026-06-30"),
        (SD + 'earliest = "2026-W01-4"\n', "sources.sd.earliest", "must be a date, such as 2026-06-30"),
        (SD + "earliest = 1767225600\n", "sources.sd.earliest", "must be a date, such as 2026-06-30"),
        ("[sources.kle]\naccept_release = 2026-01-01T00:00:00\n", "sources.kle.accept_release", "must be a date"),
        (PLAN + "brake = {files = {persons = {count = 1}}}\n", "targets.plan2learn", "there is no file 'persons'"),
    ],
)
def test_what_is_wrong_is_said_as_a_person_would(tmp_path: Path, text: str, name: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(written(tmp_path, text), {})
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{name}: ")
    assert words in line
    for of_python in ("tuple", "frozenset", "dict", "Value error", "Input should", "pattern '", "hidden words"):
        assert of_python not in line


def test_a_host_is_no_address(tmp_path: Path) -> None:
    text = (
        '[sources.opus.sftp]\nhost = "sftp://files.example"\nuser = "u"\npassword = "hidden words"\nhost_key = "x"\n'
        '[targets.plan2learn]\nform = {encoding = "utf-8"}\n'
        '[targets.plan2learn.delivery]\nkind = "ftpes"\nhost = "files.example:21"\nuser = "u"\n'
    )
    with pytest.raises(SettingsError) as refused:
        load(written(tmp_path, text), {})
    lines = str(refused.value).splitlines()
    assert [each.partition(":")[0] for each in lines] == [
        "sources.opus.sftp.host",
        "sources.opus.sftp.host_key",
        "targets.plan2learn.delivery.ftpes.host",
    ]
    assert "such as ssh-ed25519 AAAA…" in lines[1]
    assert all("is not the name of a host" in lines[index] for index in (0, 2))


def test_every_setting_with_a_form_says_it_by_an_example() -> None:
    met: set[type[BaseModel]] = set()

    def walk(model: type[BaseModel]) -> None:
        met.add(model)
        for name, field in model.model_fields.items():
            if any(getattr(each, "pattern", None) for each in field.metadata):
                assert field.examples, f"{model.__name__}.{name}"
            for inner in models_in(field.annotation):
                if inner not in met:
                    walk(inner)

    walk(Settings)
    assert len(met) > 20
