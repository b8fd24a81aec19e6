"""Which network a caller is in, for what is counted by caller."""

from ipaddress import IPv6Address, ip_address


def network_of(address: str | None) -> str:
    """The address of IPv4; for IPv6 the network of 64 bits, since a client has a whole one. An IPv4 address that is
    written as IPv6 counts as itself. What is not an address (a socket of this machine) is one network by its text."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return str(found)
