"""Who is at the other end of the connection; no header has a say in it."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

from dashboard.readers import Network, networks

Address = IPv4Address | IPv6Address
# Loopback and what is routed at home or in a cluster only: RFC 1122 section 3.2.1.3, RFC 1918, RFC 4291, RFC 4193.
PRIVATE_NETWORKS = networks("127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7")


def address_in(text: str) -> Address | None:
    """The address that is written, None where it is none.

    A socket that listens on :: shows IPv4 peers as ::ffff:10.0.0.1: those are the addresses that they map.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def peer_of(request: HttpRequest) -> Address | None:
    """The peer's address, None where it has none, as at a socket in a folder."""
    return address_in(str(request.META.get("REMOTE_ADDR", "")))


def from_proxy(request: HttpRequest) -> bool:
    """Whether the peer of the connection is in PROXY_AUTH_TRUSTED_NETWORKS, or where they are unset a private one."""
    return is_in(peer_of(request), settings.CONFIG["PROXY_AUTH_TRUSTED_NETWORKS"] or PRIVATE_NETWORKS)


def from_named_proxy(request: HttpRequest) -> bool:
    """Whether an operator has written down that the peer is a proxy."""
    return is_in(peer_of(request), settings.CONFIG["PROXY_AUTH_TRUSTED_NETWORKS"])


def from_unnamed_proxy(request: HttpRequest) -> bool:
    """Whether the peer may be a proxy that nobody has told Porthole of, or somebody who would like to pass for one."""
    return (
        not settings.CONFIG["PROXY_AUTH_TRUSTED_NETWORKS"]
        and "X-Forwarded-For" in request.headers
        and is_in(peer_of(request), PRIVATE_NETWORKS)
    )


def is_in(address: Address | None, found: list[Network]) -> bool:
    """Whether an address is in one of the networks."""
    return address is not None and any(address in network for network in found)
