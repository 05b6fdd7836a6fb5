"""Which addresses an API server, its proxy or an issuer of tokens may have; never where clouds serve their metadata."""

import ipaddress
import socket
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clusters.errors import Unreachable

# Clouds serve their metadata, secrets among it, at link-local addresses and at these.
METADATA_NAMES = frozenset({"metadata.google.internal"})
METADATA_ADDRESSES = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")))
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits


def validate_server(value: str) -> None:
    """Refuse what cannot be an API server's address: not https, user info, query, or where clouds serve metadata."""
    if "\\" in value or any(character.isspace() or not character.isprintable() for character in value):
        raise ValidationError(_("The address must not have white space, control characters or backslashes."))
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError as error:
        raise ValidationError(_("This is not a URL: %(error)s."), params={"error": error}) from error
    if url.scheme != "https" or not url.hostname:
        raise ValidationError(_("Write the API server's address as https://host:port. Plain http would show tokens."))
    if url.username or url.password:
        raise ValidationError(_("Leave user names and passwords out of the address: each person brings their own."))
    if url.query or url.fragment:
        raise ValidationError(_("The address must not have a query (?) or a fragment (#)."))
    if {".", ".."} & set(url.path.split("/")):
        raise ValidationError(_("The address must not have . or .. in its path."))
    if is_metadata(url.hostname.rstrip(".")):
        raise ValidationError(_("This is the metadata address of a cloud, not an API server."))
    if port == 0:
        raise ValidationError(_("Port 0 cannot be reached."))


def validate_proxy(value: str) -> None:
    """Refuse what cannot be a proxy's address, and a password in it: who may see the row may not know that."""
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError as error:
        raise ValidationError(_("This is not a URL: %(error)s."), params={"error": error}) from error
    if not value.isprintable() or " " in value or url.scheme not in ("http", "https") or not url.hostname or port == 0:
        raise ValidationError(_("Write the proxy's address as http://host:port."))
    if url.username or url.password:
        raise ValidationError(_("Leave user names and passwords out of the address: everybody who sees it sees them."))
    if is_metadata(url.hostname.rstrip(".")):
        raise ValidationError(_("This is the metadata address of a cloud, not a proxy."))


def is_metadata(host: str) -> bool:
    """Whether a cloud's metadata is served at ``host``, an address in any spelling that a resolver takes or a name.

    ``0xa9fea9fe`` is 169.254.169.254 too. Names are not resolved here: what they lead to may change
    after the check, so ``resolved`` looks at it on connecting.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            address = ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return host.lower() in METADATA_NAMES
    if isinstance(address, ipaddress.IPv6Address):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else address.ipv4_mapped
        address = inner or address
    return address.is_link_local or address in METADATA_ADDRESSES


def validate_issuer(value: str) -> None:
    """Refuse what cannot be an issuer's URL (OpenID Connect Core 1.0, section 2: https, no query, no fragment).

    Plain http is taken for this machine alone.
    """
    try:
        url = urlsplit(value)
        url.port  # noqa: B018 - raises where it is none
    except ValueError as error:
        raise ValidationError(_("This is not a URL: %(error)s."), params={"error": error}) from error
    local = url.scheme == "http" and is_loopback(url.hostname or "")
    if not value.isprintable() or " " in value or not url.hostname or not (url.scheme == "https" or local):
        raise ValidationError(_("Write the issuer as its tokens have it, https://… to the last slash."))
    if url.username or url.password or "?" in value or "#" in value:
        raise ValidationError(_("An issuer has no user name, no query (?) and no fragment (#)."))


def is_loopback(host: str) -> bool:
    """Whether ``host``, a name or an address, in a URL's brackets or without, is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def resolved(host: str, port: int) -> list[str]:
    """The addresses of ``host``, of which one is to be connected to without asking for the name again.

    A name that was harmless when it was entered may lead to a cloud's metadata by now (DNS rebinding). Raises
    Unreachable where it does, socket.gaierror where the name is not known.
    """
    host = host.strip("[]")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty or too long
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
    addresses = list(dict.fromkeys(str(address[0]) for *_rest, address in found))
    for address in addresses:
        if is_metadata(address):
            message = gettext("%(host)s leads to %(address)s, where clouds serve their metadata: nothing was sent.")
            raise Unreachable(message % {"host": host, "address": address}, reason="MetadataAddress")
    return addresses
