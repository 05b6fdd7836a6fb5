"""How often somebody may be wrong: failed sign-ins count for an account and for an address, in quarters of an hour.

An account's own limit is for one address, else anybody could keep its owner out; that of all addresses together is
higher, since whoever has many shall not guess for ever. So is that of all who come through one proxy.

Counts are rows, so that all threads and replicas know them; what they are about stands there as a keyed digest only.
"""

import logging
import time
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_network

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.models import Attempt
from dashboard.peers import Address, address_in, from_named_proxy, from_unnamed_proxy, peer_of
from dashboard.problems import Problem, problem_response
from dashboard.sealing import digests

WINDOW = 15 * 60  # seconds
ACCOUNT_LIMIT = 10  # from one address
ACCOUNT_ANYWHERE_LIMIT = 100
ADDRESS_LIMIT = 30
PROXY_LIMIT = 300  # of all who come through one proxy

logger = logging.getLogger(__name__)
audit = logging.getLogger("porthole.audit")


def refused(request: HttpRequest, what: str, account: str = "") -> HttpResponse | None:
    """The page that says to wait, where ``what`` has failed too often for this account or from this address.

    It is answered with 429 and Retry-After (RFC 6585, section 4; RFC 9110, section 10.2.3).
    """
    now = window()
    for limit, name in counted(request, what, account):
        if Attempt.objects.filter(name=name, window=now, count__gte=limit).exists():
            audit.warning("verb=signin what=%r address=%r result='too many attempts'", what, address_of(request))
            if from_unnamed_proxy(request):
                tell_unnamed(request)
            return too_many(request, (now + 1) * WINDOW - int(time.time()))
    return None


def tell_unnamed(request: HttpRequest) -> None:
    """Say in the log why everybody behind a proxy waits, and what to do."""
    message = _(
        "If a proxy of yours is at %(proxy)s, name it in PROXY_AUTH_TRUSTED_NETWORKS: as long as it is not, all who"
        " come through it are counted as one, and wait together."
    )
    logger.warning("%s", message % {"proxy": peer_of(request)})


def failed(request: HttpRequest, what: str, account: str = "") -> None:
    """Count a failure of ``what``; nothing is kept for longer than two windows."""
    now = window()
    Attempt.objects.filter(window__lt=now - 1).delete()
    for _limit, name in counted(request, what, account):
        Attempt.objects.get_or_create(name=name, window=now)
        Attempt.objects.filter(name=name, window=now).update(count=F("count") + 1)
    audit.warning("verb=signin what=%r address=%r result='refused'", what, address_of(request))


def succeeded(request: HttpRequest, what: str, account: str) -> None:
    """Forget the failures of an account whose owner has come in, but not those from elsewhere or of the address."""
    known = account.casefold()
    names = digests(what, "account", known) + digests(what, "account", known, address_of(request))
    Attempt.objects.filter(name__in=names).delete()


def window() -> int:
    """The number of the quarter of an hour."""
    return int(time.time()) // WINDOW


def counted(request: HttpRequest, what: str, account: str) -> Iterator[tuple[int, str]]:
    """What a failure counts for, each with its limit and under its digest."""
    peer = network_of(peer_of(request))
    address = address_of(request)
    one = not is_of_many(request)
    if account:
        known = account.casefold()
        if one:
            yield ACCOUNT_LIMIT, digests(what, "account", known, address)[0]
        yield ACCOUNT_ANYWHERE_LIMIT, digests(what, "account", known)[0]
    if one:
        yield ADDRESS_LIMIT, digests(what, "address", address)[0]
    if not one or address != peer:
        yield PROXY_LIMIT, digests(what, "proxy", peer)[0]


def is_of_many(request: HttpRequest) -> bool:
    """Whether the address is a proxy's own: those behind it cannot be told apart."""
    return from_unnamed_proxy(request) or (from_named_proxy(request) and not forwarded_for(request))


def address_of(request: HttpRequest) -> str:
    """The peer, or whom a proxy that an operator has named says that it speaks for; of IPv6 the network.

    Nobody is believed for it in anything else.
    """
    last = forwarded_for(request)
    return network_of(last if last and from_named_proxy(request) else peer_of(request))


def forwarded_for(request: HttpRequest) -> Address | None:
    """The last address of X-Forwarded-For: it alone is the peer's own word."""
    return address_in(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())


def network_of(address: Address | None) -> str:
    """Whom an address counts for: of IPv6 everybody has a network of 64 bits to choose addresses from."""
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address or "")


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """The page that says how long to wait."""
    minutes = max(1, -(-seconds // 60))
    message = ngettext(
        "Try again in %(minutes)d minute.", "Try again in %(minutes)d minutes.", minutes
    ) % {"minutes": minutes}  # fmt: skip
    problem = Problem(_("Too many attempts"), message, _("Nothing was tried this time."), status=429)
    response = problem_response(request, problem, 429)
    response["Retry-After"] = str(max(1, seconds))
    return response
