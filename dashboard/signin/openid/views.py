"""The two pages of a sign-in: the way to the provider, and the way back from it."""

import hmac
import logging
import re
import time

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from dashboard import signin, vault
from dashboard.links import with_query
from dashboard.problems import Problem, problem_response
from dashboard.returns import next_url
from dashboard.signin import web
from dashboard.signin.openid import failures, library, pending, provider
from dashboard.signin.openid.failures import SignInRefused
from dashboard.signin.openid.pending import Pending
from dashboard.signin.openid.tokens import NAME, kept_of

logger = logging.getLogger(__name__)
audit = logging.getLogger("porthole.audit")

WAY = "oidc"
BACKEND = "dashboard.signin.openid.library.Backend"
# OpenID Connect Core 1.0, section 3.1.2.6: why nobody could be signed in without being asked.
ASK = frozenset(("login_required", "interaction_required", "consent_required", "account_selection_required"))
ERROR_CODE = re.compile(r"[a-z_]{1,64}")
LONGEST_WORDS = 300
CODE = re.compile(r"[\x20-\x7e]{1,8192}")  # RFC 6749, appendix A.11


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Go to the provider's form and come back to ``next``; by GET too, since nothing is changed but a cookie."""
    return begun(request, silent=False)


@require_GET
def start_silent(request: HttpRequest) -> HttpResponse:
    """The same without a form: the provider answers at once, whether it knows the browser or not."""
    return begun(request, silent=True)


def begun(request: HttpRequest, *, silent: bool) -> HttpResponse:
    """The redirect to the provider, with a cookie that knows this sign-in again."""
    following = next_url(request)
    try:
        view = library.RequestView(silent=silent, lasting=request.GET.get("offline") != "no")
        view.setup(request)
        response = view.get(request)
    except provider.Undiscovered as error:
        return failures.page_of(request, unusable(error), following)
    (state, made), *_others = view.draft["oidc_states"].items()
    pending.keep(
        request,
        response,
        Pending(state, made["nonce"], made["code_verifier"], following, silent, view.lasting, time.time()),
    )
    return response


def unusable(error: provider.Undiscovered) -> SignInRefused:
    """A provider that people cannot be sent to."""
    if error.word == "unanswered":
        advice = _("Try again in a minute. If it stays, whoever runs Porthole looks at the provider.")
    elif error.word == "untrusted":
        advice = _("Whoever runs Porthole names in OIDC_CA_FILE who signed the provider's certificate.")
    else:
        advice = _("Whoever runs Porthole corrects its settings, or the provider's.")
    title = _("The identity provider cannot be used")
    return SignInRefused(f"provider/{error.word}", str(error), advice, title=title, status=502)


@require_GET
def callback(request: HttpRequest) -> HttpResponseBase:
    """Come back from the provider: signed in, or with a page that says why not. A session that there is stays."""
    state = request.GET.get("state", "")
    begun_here = pending.take(request, state)
    if not begun_here:
        return unknown(request)
    response: HttpResponseBase
    try:
        response = answered(request, begun_here)
    except SignInRefused as refusal:
        response = failures.page_of(request, refusal, begun_here.following)
    except provider.Undiscovered as error:
        response = failures.page_of(request, unusable(error), begun_here.following)
    except provider.TokensRefused as error:
        response = failures.page_of(request, no_tokens(error), begun_here.following)
    except web.Unanswered as error:
        response = failures.page_of(request, no_answer(error), begun_here.following)
    pending.forget(response, state)
    return response


def unknown(request: HttpRequest) -> HttpResponse:
    """A callback that no sign-in of this browser waits for: nothing is asked of anybody, and nobody is signed out."""
    audit.warning("way='oidc' verb=signin result='refused: state'")
    problem = Problem(
        title=_("This sign-in is not from here"),
        message=_("It was begun in another browser, or too long ago, or has been used already. Nothing was changed."),
        advice=_("Sign in from the start page."),
        action_label=_("Sign in"),
        action_url=reverse("signin"),
    )
    return problem_response(request, problem, 400)


def answered(request: HttpRequest, begun_here: Pending) -> HttpResponseBase:
    """What comes of a provider's answer to a sign-in of this browser's. Raises SignInRefused and what asking raises."""
    check_issuer(request)
    if error := request.GET.get("error"):
        return after_error(error, request, begun_here)
    if not CODE.fullmatch(request.GET.get("code", "")):
        raise SignInRefused("code", _("The identity provider sent you back without a code, or with one that is none."))
    view = library.CallbackView()
    view.setup(request)
    view.state, view.nonce, view.code_verifier = begun_here.state, begun_here.nonce, begun_here.code_verifier
    view.get(request)
    assert view.outcome is not None
    answer, claims = view.outcome["answer"], view.outcome["claims"]
    values = kept_of(answer, claims)
    who = identity_of(claims)
    if begun_here.silent and is_same_person(request, who):
        signin.go_on(request, who)  # the provider's session may be another one by now
    else:
        begin_session(request, view.user, who)
    vault.keep(request.session, NAME, values)
    return redirect(begun_here.following)


def check_issuer(request: HttpRequest) -> None:
    """Raise SignInRefused where the answer is another provider's (RFC 9207)."""
    found = provider.discover()
    named = request.GET.get("iss")
    if named is None and not found.names_itself:
        return
    if named is None or not hmac.compare_digest(named.encode(), found.issuer.encode()):
        raise SignInRefused("iss", _("The answer came from another identity provider than the one that was asked."))


def after_error(error: str, request: HttpRequest, begun_here: Pending) -> HttpResponse:
    """Ask with a form, or with fewer scopes, where that is what was wrong. Raises SignInRefused."""
    following = begun_here.following
    if begun_here.silent and error in ASK:
        return redirect(with_query(reverse("signin_oidc"), next=following))
    if begun_here.lasting and error == "invalid_scope":
        name = "signin_oidc_silent" if begun_here.silent else "signin_oidc"
        return redirect(with_query(reverse(name), next=following, offline="no"))
    code = error if ERROR_CODE.fullmatch(error) else "unknown"
    words = "".join(each for each in request.GET.get("error_description", "") if each.isprintable())[:LONGEST_WORDS]
    if code == "access_denied":
        message = _("The identity provider did not let you in, or you said no there.")
    else:
        message = _("The identity provider says %(error)s.") % {"error": code}
    raise SignInRefused(f"error={code}", f"{message} {words}".strip(), advice_about(code))


def advice_about(code: str) -> str:
    """What to do about an error of the authorization endpoint (RFC 6749, section 4.1.2.1)."""
    if code in ("temporarily_unavailable", "server_error"):
        return _("Try again in a minute.")
    if code in ("access_denied", *ASK):
        return _("Sign in again, or ask whoever runs the provider to let you use Porthole.")
    return _("Whoever runs Porthole compares its settings with its client at the provider.")


def no_tokens(error: provider.TokensRefused) -> SignInRefused:
    """A token endpoint that said no."""
    message = _("The identity provider gave no tokens: %(error)s (%(status)d).")
    advice = {
        "invalid_client": _(
            "Whoever runs Porthole compares OIDC_CLIENT_ID and OIDC_CLIENT_SECRET with the provider's."
        ),
        "invalid_grant": _("It may have taken too long. Sign in again."),
    }.get(error.error, "")
    words = {"error": error.error, "status": error.status}
    return SignInRefused(f"tokens/{error.error}", message % words, advice)


def no_answer(error: web.Unanswered) -> SignInRefused:
    """A provider that does not answer."""
    message = _("The identity provider did not answer. %(reason)s") % {"reason": error}
    return SignInRefused("provider/unanswered", message, _("Try again in a minute."), status=502)


def identity_of(claims: dict[str, object]) -> signin.Identity:
    """Who the provider says is there, and in which session of its own."""
    sid = claims.get("sid")
    return signin.Identity(
        provider.discover().issuer,
        str(claims["sub"]),
        library.display_name(claims),
        sid if isinstance(sid, str) else "",
    )


def is_same_person(request: HttpRequest, who: signin.Identity) -> bool:
    """Whether the session that there is belongs to this subject, so that it can go on with new tokens."""
    former = signin.identity(request)
    way = request.session.get(signin.SESSION_KEY)
    return bool(former and way == WAY and (former.issuer, former.subject) == (who.issuer, who.subject))


def begin_session(request: HttpRequest, user: auth.models.User, who: signin.Identity) -> None:
    """A new session with a new key; Django's admin, too, knows who it is."""
    facts = {
        signin.LEADS_TO: provider.origin(provider.discover().end_session_endpoint),
        auth.SESSION_KEY: str(user.pk),
        auth.BACKEND_SESSION_KEY: BACKEND,
        auth.HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    signin.sign_in(request, WAY, facts, who)
    audit.info("person=%r way='oidc' verb=signin result='signed in'", who.name)
