"""Who is at the other end of the connection; no header has a say in it."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


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
    """Whether the peer of the connection is in PROXY_AUTH_TRUSTED_NETWORKS."""
    peer = peer_of(request)
    return peer is not None and any(peer in network for network in settings.CONFIG["PROXY_AUTH_TRUSTED_NETWORKS"])
