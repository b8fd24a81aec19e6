"""Name IDs in the form of a certificate's subject, as KOMBIT's context handler reads them (saml.md §5)."""

_SPECIAL = ',+"\\<>;='


def x509_subject(cvr: str, name: str, uuid: str) -> str:
    """``C=DK,O=CVR,CN=NAME,Serial=UUID``, each value escaped as RFC 4514 says."""
    return f"C=DK,O={_escaped(cvr)},CN={_escaped(name)},Serial={_escaped(uuid)}"


def _escaped(value: str) -> str:
    """Special characters get a backslash; so do a blank at either end and a # at the beginning."""
    made = []
    for place, each in enumerate(value):
        outer_blank = each == " " and place in (0, len(value) - 1)
        if each in _SPECIAL or outer_blank or (each == "#" and place == 0):
            made.append(f"\\{each}")
        elif ord(each) < 0x20 or ord(each) == 0x7F:
            made.append(f"\\{ord(each):02X}")
        else:
            made.append(each)
    return "".join(made)
