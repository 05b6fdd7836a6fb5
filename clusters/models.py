"""A cluster: a row that the Django admin edits. Unsaved, it is plain data for clusters that come from elsewhere."""

import ipaddress
import socket
import ssl
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

CLUSTER_NAME = RegexValidator(
    r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?\Z",
    _("Use lower-case letters, digits, dots and hyphens; begin and end with a letter or digit: it stands in URLs."),
)
NAMESPACE_NAME = RegexValidator(
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z",
    _("A namespace has lower-case letters, digits and hyphens, at most 63."),
)
HOST_NAME = RegexValidator(
    r"^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?\Z", _("Write a host name or an address, without a port.")
)
COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Write the colour as #rrggbb."))
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

    ``0xa9fea9fe`` is 169.254.169.254 too. Names are not resolved: what they lead to may change after the check.
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


def validate_certificate_authority(value: str) -> None:
    """Refuse a bundle that TLS could not use."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=value)
    except (ssl.SSLError, ValueError, TypeError) as error:  # TypeError: text that is not ASCII
        raise ValidationError(_("This is not a PEM certificate bundle: %(error)s."), params={"error": error}) from error
    if not context.get_ca_certs():
        raise ValidationError(_("There is no certificate of an authority (CA) in this text."))


class Cluster(models.Model):
    """Where a cluster's API server is, how it is trusted and how it is shown; never who may use it."""

    name = models.CharField(
        _("name"),
        max_length=63,
        unique=True,
        validators=[CLUSTER_NAME],
        help_text=_("Stands in the addresses of its pages."),
    )
    title = models.CharField(_("title"), max_length=100, blank=True, help_text=_("What people read; else the name."))
    server = models.CharField(
        _("API server"), max_length=500, validators=[validate_server], help_text=_("For example https://10.0.0.1:6443.")
    )
    certificate_authority = models.TextField(
        _("certificate authority"),
        blank=True,
        validators=[validate_certificate_authority],
        help_text=_("PEM, as in a kubeconfig's certificate-authority-data. Empty: the system's authorities."),
    )
    tls_server_name = models.CharField(
        _("TLS server name"),
        max_length=253,
        blank=True,
        validators=[HOST_NAME],
        help_text=_("If the certificate has another name than the address."),
    )
    insecure_skip_tls_verify = models.BooleanField(
        _("do not verify the certificate"),
        default=False,
        help_text=_("Anyone on the way could read every token. Only for trying things out."),
    )
    proxy_url = models.CharField(
        _("proxy"),
        max_length=500,
        blank=True,
        validators=[validate_proxy],
        help_text=_("To reach the API server through, for example http://10.0.0.9:3128."),
    )
    color = models.CharField(_("colour"), max_length=7, default="#2f6feb", validators=[COLOR])
    production = models.BooleanField(_("production"), default=False, help_text=_("Marked on every page."))
    position = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Lower comes first."))
    default_namespace = models.CharField(
        _("default namespace"), max_length=63, blank=True, validators=[NAMESPACE_NAME], help_text=_("Opened first.")
    )

    class Meta:
        """How rows are ordered and named."""

        ordering = ("position", "name")
        verbose_name = _("cluster")
        verbose_name_plural = _("clusters")

    def __str__(self) -> str:
        """The title, or the name where there is none."""
        return self.title or self.name
