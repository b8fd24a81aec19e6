"""Makes a target from its settings. ``reconnect.folders`` lists the targets.

A folder may contain several targets (``SEVERAL``). Each has the name of the folder, a hyphen, and its name in the
settings; if there is only one, the folder's name is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from exporters.files.target import Target
from exporters.ledger import FILE
from exporters.objects.target import ObjectTarget
from exporters.target import NotSetUp, Surroundings
from reconnect import folders
from reconnect.context import Context
from reconnect.exits import CommandFailed, Exit

if TYPE_CHECKING:  # they load the settings of every source and target
    from pydantic import BaseModel

    from reconnect.settings.tree import TargetsSettings
    from rules.accounts.staff import Memberships


def build(context: Context, name: str) -> Target | ObjectTarget:
    """The target ``name``. Raises CommandFailed (usage) for an unknown one, or one without the settings it needs."""
    name = full_name(context.settings.targets, name)
    folder = name.partition("-")[0]
    found, settings = folders.target(folder), settings_of(context.settings.targets, name)
    if settings is None:
        raise CommandFailed(
            f"{found.TITLE} has no settings: add [targets.{folder}] with {found.NEEDS} to reconnect.toml; "
            f"exporters/{folder}/README.md explains them.",
            Exit.USAGE,
        )
    try:
        from exporters.one_time_links import OneTimeLinks  # only here: it loads the library of Redis

        surroundings = Surroundings(
            name,
            context.driver,
            lambda: context.keyring,
            lambda: _mail(context),
            lambda: _sms(context),
            lambda: OneTimeLinks(context.redis_url()),
        )
        return found.build(settings, surroundings)
    except NotSetUp as error:
        raise CommandFailed(str(error), Exit.USAGE) from error


def _mail(context: Context) -> Callable[[str, str, str], None] | None:
    if context.settings.mail.host is None:
        return None
    from reconnect.sending.mail import MailFailed, send_to

    def send(address: str, subject: str, text: str) -> None:
        try:
            send_to(context.settings.mail, (address,), subject, text)
        except MailFailed as failed:
            raise OSError(str(failed)) from None

    return send


def _sms(context: Context) -> Callable[[str, str], None] | None:
    if context.settings.sms.url is None:
        return None
    from reconnect.sending.sms import SmsFailed, send_sms

    def send(number: str, text: str) -> None:
        try:
            send_sms(context.settings.sms, number, text)
        except SmsFailed as failed:
            raise OSError(str(failed)) from None

    return send


def full_name(settings: TargetsSettings, name: str) -> str:
    """The name under which the target is run, scheduled and kept. Raises CommandFailed (usage) for an unknown one."""
    folder, _, instance = name.partition("-")
    if folder not in folders.target_names():
        raise CommandFailed(f"There is no target {name!r}. There are: {', '.join(folders.target_names())}.", Exit.USAGE)
    several = settings.several(folder)
    if several is None:
        if instance:
            raise CommandFailed(f"There is no target {name!r}: {folder} is a single target without a name.", Exit.USAGE)
        return name
    if instance in several:
        return name
    if not several:
        found = folders.target(folder)
        raise CommandFailed(
            f"{found.TITLE} has no settings: add [targets.{folder}.NAME], with a name of your choice, "
            f"with {found.NEEDS} to reconnect.toml; exporters/{folder}/README.md explains them.",
            Exit.USAGE,
        )
    if instance or len(several) > 1:
        known = ", ".join(f"{folder}-{each}" for each in sorted(several))
        raise CommandFailed(f"There is no target {name!r} in the settings. There are: {known}.", Exit.USAGE)
    return f"{folder}-{next(iter(several))}"


def settings_of(settings: TargetsSettings, name: str) -> BaseModel | None:
    """The settings of the target with this full name; None if there are none."""
    folder, _, instance = name.partition("-")
    several = settings.several(folder)
    return settings.of(folder) if several is None else several.get(instance)


def memberships(settings: TargetsSettings) -> tuple[Memberships, ...]:
    """Of the targets in the settings that keep groups, what each makes of people, for previews."""
    found = []
    for folder in folders.target_names():
        of_folder = getattr(folders.target(folder), "memberships", None)
        if of_folder is None:
            continue
        several = settings.several(folder)
        named = (
            {folder: settings.of(folder)} if several is None else {f"{folder}-{n}": each for n, each in several.items()}
        )
        found += [of_folder(each, name) for name, each in sorted(named.items()) if each is not None]
    return tuple(each for each in found if each is not None)


def account_targets(settings: TargetsSettings) -> list[str]:
    """The targets in the settings that hold accounts, by full name."""
    found = []
    for folder in folders.target_names():
        if not getattr(folders.target(folder), "HOLDS_ACCOUNTS", False):
            continue
        several = settings.several(folder)
        if several is not None:
            found += [f"{folder}-{each}" for each in sorted(several)]
        elif settings.of(folder) is not None:
            found.append(folder)
    return found


def objects(settings: TargetsSettings) -> Mapping[str, tuple[str, ...]]:
    """What the ledger keeps for each target, by its full name."""
    found: dict[str, tuple[str, ...]] = {}
    for folder in folders.target_names():
        several = settings.several(folder)
        names = [folder] if several is None else [f"{folder}-{each}" for each in several]
        found |= dict.fromkeys(names, (FILE, *folders.target(folder).OBJECTS))
    return found
