"""The texts of the login pages: one field for each, so that none is missing in a language."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The texts in one language. ``language``: its code in HTML. ``called``: its own name.

    ``went_wrong``: rule → what went wrong, for a person; ``else_wrong``: for a rule that is not in it. ``rejected``:
    rule → why a password is rejected. ``roles``: system role → its name.
    """

    language: str
    called: str
    go_on: str
    log_in: str
    log_in_again: str
    log_in_again_first: str
    log_out: str
    user_name: str
    password: str
    code: str
    confirm: str
    save: str
    remove: str
    reference: str
    with_passkey: str
    use_passkey: str
    make_passkey: str
    passkey_not_used: str
    passkey_called: str
    passkeys: str
    i_have_a_code: str
    i_got_the_code: str
    i_forgot: str
    i_have_ad: str
    code_of_app_or_recovery: str
    new_password: str
    password_again: str
    choose_password: str
    passkey_instead: str
    password_instead: str
    forgotten: str
    forgotten_explained: str
    forgotten_told: str
    send_code: str
    break_glass: str
    break_glass_explained: str
    break_glass_code: str
    break_glass_wrong: str
    being_sent_on: str
    logged_in_as: str
    has_app: str
    another_app: str
    protect: str
    protect_title: str
    add_to_app: str
    open_in_app: str
    code_of_app: str
    recovery_codes: str
    recovery_codes_explained: str
    logged_out: str
    logged_out_here: str
    logged_out_all: str
    logged_out_partly: str
    own_login: str
    your_roles: str
    no_roles: str
    given_by: str
    given_by_it: str
    wrong_login: str
    wrong_code: str
    wrong_passkey: str
    wrong_invitation: str
    wrong_invitation_or_passkey: str
    not_the_same: str
    went_wrong: Mapping[str, str]
    else_wrong: str
    rejected: Mapping[str, str]
    roles: Mapping[str, str]
