"""What is wrong with the settings together, found before anybody is served; ``serve`` does not start on an error."""

import ipaddress
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection
from django.utils.translation import gettext as _

from clusters import declared
from clusters.addresses import is_loopback
from clusters.errors import Misconfigured
from clusters.models import Cluster
from dashboard import environment, unknown
from dashboard.config import SETTINGS
from dashboard.readers import Network

Values = Mapping[str, Any]
NAMED_CLUSTERS = "porthole-clusters"  # the tag of the check that asks the database
BRING_CLUSTERS = {"demo", "kubeconfig"}  # ways in with clusters of their own
CALLBACK_PATHS = ("/oidc-callback", "/oidc/callback/")
ALL_OF_IPV4 = ipaddress.IPv4Network("0.0.0.0/0")
ALL_OF_IPV6 = ipaddress.IPv6Network("2000::/3")  # what is given out at all: RFC 4291, section 2.4
NAMED_HEADERS = tuple(f"PROXY_AUTH_{kind}_HEADER" for kind in ("USERNAME", "GROUP", "EMAIL", "TOKEN"))
ASSERTION_NEEDS = ("HEADER", "ISSUER", "KEYS_URL")


@register("porthole")
def check_settings(**_more: Any) -> list[CheckMessage]:
    """All that is wrong with the settings of this process."""
    return [message for check in CHECKS for message in check(settings.CONFIG)]


@register(Tags.database, NAMED_CLUSTERS)
def check_clusters(databases: Sequence[str] | None = None, **_more: Any) -> list[CheckMessage]:
    """Whoever signs in finds a cluster. Rows name them, too, so it waits until the database is asked for and made."""
    ways = set(settings.CONFIG["PORTHOLE_WAYS"])
    if not databases or not ways or ways & BRING_CLUSTERS or some_cluster_is_named():
        return []
    message = _("No cluster is set up: whoever signs in finds none.")
    hint = _("Name a file of them in PORTHOLE_CLUSTERS_FILE, as docs/clusters.md shows, or add one under /admin/.")
    return [checks.Warning(message, hint=hint, id="porthole.W008")]


def some_cluster_is_named() -> bool:
    """Whether there is a cluster, or something that should name one and cannot be used, which is told elsewhere."""
    table = Cluster._meta.db_table  # noqa: SLF001 - documented
    if table not in connection.introspection.table_names():  # before ``migrate``, which asks for checks
        return True
    try:
        return bool(declared.configured())
    except Misconfigured:
        return True


def oidc_is_whole(values: Values) -> list[CheckMessage]:
    """OpenID Connect knows its provider, and has a client there."""
    wanted = "oidc" in values["PORTHOLE_WAYS"]
    named = [name for name in ("OIDC_ISSUER_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET") if values[name]]
    if not wanted and not named:
        return []
    found: list[CheckMessage] = []
    if not values["OIDC_ISSUER_URL"]:
        hint = _("Set OIDC_ISSUER_URL to the issuer that the provider's discovery document names, or leave oidc out.")
        message = _("OpenID Connect is set up, but OIDC_ISSUER_URL is not set: no provider is named.")
        found.append(Error(message, hint=hint, id="porthole.E001"))
    if not values["OIDC_CLIENT_ID"]:
        hint = _("Set OIDC_CLIENT_ID to the client ID that the provider gave Porthole.")
        message = _("OpenID Connect is set up, but OIDC_CLIENT_ID is not set.")
        found.append(Error(message, hint=hint, id="porthole.E002"))
    return found


def what_is_set_up_is_on(values: Values) -> list[CheckMessage]:
    """Where PORTHOLE_WAYS is written, it names what the other settings set up; a proxy's tokens are a provider's."""
    used = {*values["PORTHOLE_WAYS"], *(["oidc"] if "proxy" in values["PORTHOLE_WAYS"] else [])}
    off = [way for way in environment.implied_ways(values) if way not in used]
    if not off:
        return []
    message = _("Nobody can sign in by %(ways)s, which is set up but not in PORTHOLE_WAYS.") % {"ways": ", ".join(off)}
    hint = _("Leave PORTHOLE_WAYS out, or add it there.")
    return [checks.Warning(message, hint=hint, id="porthole.W005")]


def examples_are_filled_in(values: Values) -> list[CheckMessage]:
    """No value has <…> of an example in it any more."""
    found: list[CheckMessage] = []
    for setting in SETTINGS:
        value = values[setting.name]
        if isinstance(value, str) and not setting.secret and (left := re.search(r"<[^<>]+>", value)):
            message = _("%(name)s=%(value)s still has %(left)s of an example in it.")
            said = {"name": setting.name, "value": value, "left": left[0]}
            hint = _("Write what is yours there, without < and >.")
            found.append(Error(message % said, hint=hint, id="porthole.E015"))
    return found


def oidc_issuer_is_an_issuer(values: Values) -> list[CheckMessage]:
    """What is named is the issuer, and not where its discovery document is."""
    issuer, discovery, _rest = values["OIDC_ISSUER_URL"].partition("/.well-known/")
    if not discovery:
        return []
    message = _("OIDC_ISSUER_URL=%(url)s is where the discovery document is, and not the issuer.")
    hint = _("Write what the document has under issuer: %(issuer)s, perhaps with a slash at its end.")
    said = {"url": values["OIDC_ISSUER_URL"], "issuer": issuer}
    return [Error(message % said, hint=hint % said, id="porthole.E017")]


def oidc_issuer_is_safe(values: Values) -> list[CheckMessage]:
    """Tokens come by https, or from this machine (OpenID Connect Discovery, section 3)."""
    issuer = values["OIDC_ISSUER_URL"]
    if not issuer or is_safe(issuer):
        return []
    message = _("OIDC_ISSUER_URL=%(url)s is not https: whoever stands between could sign in as anybody.")
    hint = _("Write the provider's https address, exactly as its discovery document has it under issuer.")
    return [Error(message % {"url": issuer}, hint=hint, id="porthole.E003")]


def oidc_callback_is_ours(values: Values) -> list[CheckMessage]:
    """People come back from the provider to a page of Porthole's, by https or on this machine."""
    url = values["OIDC_CALLBACK_URL"]
    if not url:
        return []
    found: list[CheckMessage] = []
    said = {"url": url, "one": CALLBACK_PATHS[0], "other": CALLBACK_PATHS[1]}
    if not is_safe(url):
        hint = _("Write https://, and register the same address with the provider.")
        found.append(Error(_("OIDC_CALLBACK_URL=%(url)s is not https.") % said, hint=hint, id="porthole.E004"))
    if urlsplit(url).path not in CALLBACK_PATHS:
        message = _("OIDC_CALLBACK_URL=%(url)s leads to no page of Porthole's.") % said
        hint = _("Let it end in %(one)s, or in %(other)s, right behind the host.") % said
        found.append(Error(message, hint=hint, id="porthole.E005"))
    return found


def validators_have_something_to_check(values: Values) -> list[CheckMessage]:
    """Another issuer or audience is expected of the access token only, which has to be in use then."""
    named = [name for name in ("OIDC_VALIDATOR_ISSUER_URL", "OIDC_VALIDATOR_CLIENT_ID") if values[name]]
    if not named or values["OIDC_USE_ACCESS_TOKEN"]:
        return []
    message = _("%(name)s is set, but the ID token goes to API servers, which OIDC_CLIENT_ID and its issuer belong to.")
    hint = _("Set OIDC_USE_ACCESS_TOKEN=true, or leave %(name)s out.")
    said = {"name": named[0]}
    return [Error(message % said, hint=hint % said, id="porthole.E006")]


def authorities_can_be_read(values: Values) -> list[CheckMessage]:
    """The provider's authorities are certificates, and can be read."""
    file = values["OIDC_CA_FILE"]
    if not file:
        return []
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=file)
        if context.cert_store_stats()["x509"]:
            return []
        reason = _("it holds no certificate")
    except ssl.SSLError:
        reason = _("it holds no certificate")
    except OSError as error:
        reason = error.strerror or str(error)
    message = _("OIDC_CA_FILE=%(file)s cannot be used: %(reason)s.") % {"file": file, "reason": reason}
    hint = _("Name a PEM file: blocks from BEGIN CERTIFICATE to END CERTIFICATE, readable for Porthole.")
    return [Error(message, hint=hint, id="porthole.E007")]


def verification_is_on(values: Values) -> list[CheckMessage]:
    """The provider's certificate is checked."""
    if not values["OIDC_SKIP_TLS_VERIFY"]:
        return []
    message = _("OIDC_SKIP_TLS_VERIFY is on: whoever stands between Porthole and the provider can sign in as anybody.")
    hint = _("Name the provider's authority in OIDC_CA_FILE instead.")
    return [checks.Warning(message, hint=hint, id="porthole.W001")]


def proxy_is_whole(values: Values) -> list[CheckMessage]:
    """A proxy is believed where it is the proxy that speaks: from its own network, or by its signature."""
    if not values["PROXY_AUTH"]:
        if "proxy" not in values["PORTHOLE_WAYS"]:
            return []
        hint = _("Set PROXY_AUTH=true, or leave proxy out.")
        return [Error(_("PORTHOLE_WAYS has proxy, but PROXY_AUTH is off."), hint=hint, id="porthole.E008")]
    found: list[CheckMessage] = []
    if is_everybody(values["PROXY_AUTH_TRUSTED_NETWORKS"]):
        message = _("PROXY_AUTH_TRUSTED_NETWORKS is the whole internet: anybody could say who they are.")
        hint = _("Write the networks that the proxy connects from, such as 10.42.0.0/16.")
        found.append(Error(message, hint=hint, id="porthole.E009"))
    if not values["PROXY_AUTH_TRUSTED_NETWORKS"]:
        found.append(networks_of_nobody(values["PROXY_AUTH_UNSIGNED"]))
    missing = [name for name in NAMED_HEADERS if values["PROXY_AUTH_UNSIGNED"] and not environment.is_given(name)]
    if missing:
        message = _("PROXY_AUTH_UNSIGNED believes plain headers, and %(missing)s may be what a client wrote itself.")
        hint = _("Set each to the header that your proxy writes in every request, or to - where it writes none.")
        found.append(Error(message % {"missing": ", ".join(missing)}, hint=hint, id="porthole.E014"))
    return found + assertion_is_whole(values)


def networks_of_nobody(unsigned: bool) -> CheckMessage:
    """Where nobody said which network is the proxy's: an error where plain headers are believed."""
    hint = _("Set PROXY_AUTH_TRUSTED_NETWORKS to the proxy's own address or network, and to nothing wider.")
    if unsigned:
        message = _("PROXY_AUTH_UNSIGNED believes plain headers, from every private network.")
        return Error(message, hint=hint, id="porthole.E010")
    message = _("PROXY_AUTH_TRUSTED_NETWORKS is not set: whoever connects from a private network passes for the proxy.")
    return checks.Warning(message, hint=hint, id="porthole.W007")


def assertion_is_whole(values: Values) -> list[CheckMessage]:
    """A signed assertion is for Porthole and no other application, and somebody's whose keys are known."""
    kind = values["PROXY_AUTH_ASSERTION"]
    if not kind:
        return []
    needed = ["AUDIENCE"]
    if kind == "custom":
        needed += ASSERTION_NEEDS
    elif kind == "cloudflare-access":
        needed += ["ISSUER"]
    missing = [name for part in needed if not values[name := f"PROXY_AUTH_ASSERTION_{part}"]]
    if not missing:
        return []
    message = _("PROXY_AUTH_ASSERTION=%(kind)s needs more: %(missing)s.")
    hint = _("The audience is Porthole's own application at that proxy: without it, tokens for others would do.")
    return [Error(message % {"kind": kind, "missing": ", ".join(missing)}, hint=hint, id="porthole.E011")]


def clusters_can_be_read(values: Values) -> list[CheckMessage]:
    """The file of clusters is one, and the cluster around Porthole can be used."""
    found: list[CheckMessage] = []
    try:
        declared.from_file(values["PORTHOLE_CLUSTERS_FILE"])
    except Misconfigured as error:
        hint = _("Each entry of the file is a mapping with at least name and server, as https://host:6443.")
        if isinstance(error.__cause__, OSError):
            hint = _("Name a file there that Porthole may read, or leave PORTHOLE_CLUSTERS_FILE out.")
        found.append(Error(error.message, hint=hint, id="porthole.E013"))
    if values["IN_CLUSTER"] and not values["KUBERNETES_SERVICE_HOST"]:
        message = _("IN_CLUSTER is on, but Porthole runs in no pod: KUBERNETES_SERVICE_HOST is not set.")
        found.append(Error(message, hint=_("Leave IN_CLUSTER out."), id="porthole.E016"))
        return found
    try:
        declared.in_cluster()
    except Misconfigured as error:
        found.append(Error(error.message, id="porthole.E013"))
    return found


def admin_groups_can_come(values: Values) -> list[CheckMessage]:
    """Groups of the admin are those of a provider."""
    if not values["PORTHOLE_ADMIN_GROUPS"] or "oidc" in values["PORTHOLE_WAYS"]:
        return []
    message = _("PORTHOLE_ADMIN_GROUPS is set, but nobody signs in with OpenID Connect, which alone knows groups.")
    hint = _("Set up OIDC_ISSUER_URL and OIDC_CLIENT_ID, or make an account with manage.py createsuperuser.")
    return [checks.Warning(message, hint=hint, id="porthole.W006")]


def limits_fit(values: Values) -> list[CheckMessage]:
    """A session ends idle before it ends anyhow."""
    idle, whole = values["SESSION_IDLE"], values["SESSION_TTL"]
    if idle <= whole:
        return []
    message = _("SESSION_IDLE=%(idle)d is more than SESSION_TTL=%(whole)d: it would never count.")
    hint = _("Write fewer seconds for SESSION_IDLE, or leave it out.")
    return [Error(message % {"idle": idle, "whole": whole}, hint=hint, id="porthole.E012")]


def secrets_stay_on_the_way(values: Values) -> list[CheckMessage]:
    """Cookies that stand for people's identities travel by https, unless nothing leaves this machine."""
    ways = {"oidc", "proxy", "token"} & set(values["PORTHOLE_WAYS"])
    if not ways or values["PORTHOLE_HTTPS"] or is_loopback(values["HOST"]):
        return []
    message = _("People sign in from elsewhere, but PORTHOLE_HTTPS is off: their cookies may travel in the open.")
    hint = _("Put https in front of Porthole and set PORTHOLE_HTTPS=true.")
    return [checks.Warning(message, hint=hint, id="porthole.W002")]


def debug_stays_here(values: Values) -> list[CheckMessage]:
    """Debug pages show how Porthole is made and what it was doing."""
    if not values["DEBUG"] or is_loopback(values["HOST"]):
        return []
    message = _("DEBUG is on, and others can reach this server: it shows them its insides.")
    return [checks.Warning(message, hint=_("Leave DEBUG out."), id="porthole.W003")]


def names_are_known(_values: Values) -> list[CheckMessage]:
    """What looks like a setting and is none is told, since whoever set it expects something."""
    return [unknown_name(name) for name in unknown.unknown()]


def unknown_name(name: str) -> CheckMessage:
    """The warning of one name, with what was likely meant."""
    near = unknown.meant(name)
    message = _("Porthole has no setting %(name)s.") % {"name": name}
    hint = _("Did you mean %(near)s?") % {"near": near} if near else _("Leave it out; docs/settings.md has them all.")
    return checks.Warning(message, hint=hint, id="porthole.W004")


def is_safe(url: str) -> bool:
    """Whether nobody can listen: https, or to this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def is_everybody(networks: list[Network]) -> bool:
    """Whether networks together hold all public addresses of either protocol."""
    four = ipaddress.collapse_addresses(each for each in networks if isinstance(each, ipaddress.IPv4Network))
    six = ipaddress.collapse_addresses(each for each in networks if isinstance(each, ipaddress.IPv6Network))
    return any(each == ALL_OF_IPV4 for each in four) or any(each.supernet_of(ALL_OF_IPV6) for each in six)


CHECKS: tuple[Callable[[Values], list[CheckMessage]], ...] = (
    oidc_is_whole,
    what_is_set_up_is_on,
    examples_are_filled_in,
    oidc_issuer_is_an_issuer,
    oidc_issuer_is_safe,
    oidc_callback_is_ours,
    validators_have_something_to_check,
    authorities_can_be_read,
    verification_is_on,
    proxy_is_whole,
    clusters_can_be_read,
    admin_groups_can_come,
    limits_fit,
    secrets_stay_on_the_way,
    debug_stays_here,
    names_are_known,
)
