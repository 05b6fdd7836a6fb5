"""mozilla-django-oidc, tightened: its views and its backend, with each place overridden where 5.0.2 is loose.

The library takes its settings from Django's; here they come from Porthole's own and from the provider's discovery
document, at the time of each sign-in. What it would keep in the session, where tabs overwrite each other's, is a
``Draft`` that lives for one request.
"""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.utils import import_from_settings
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView

from dashboard.signin.openid import idtokens, provider
from dashboard.signin.openid.failures import SignInRefused

OFFLINE = "offline_access"
ENDPOINTS = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "authorization_endpoint",
    "OIDC_OP_TOKEN_ENDPOINT": "token_endpoint",
    "OIDC_OP_USER_ENDPOINT": "userinfo_endpoint",
    "OIDC_OP_JWKS_ENDPOINT": "jwks_uri",
}


def from_config(name: str, *default: Any) -> Any:
    """One of the library's settings. Raises provider.Undiscovered."""
    if name in ENDPOINTS:
        return getattr(provider.discover(), ENDPOINTS[name])
    ours = {
        "OIDC_RP_CLIENT_ID": settings.CONFIG["OIDC_CLIENT_ID"],
        "OIDC_RP_CLIENT_SECRET": settings.CONFIG["OIDC_CLIENT_SECRET"],
        "OIDC_RP_SCOPES": " ".join(settings.CONFIG["OIDC_SCOPES"]),
        "OIDC_AUTHENTICATION_CALLBACK_URL": "oidc_callback",
        "OIDC_USE_NONCE": True,
        "OIDC_USE_PKCE": True,
        "OIDC_CREATE_USER": True,
        "OIDC_REDIRECT_ALLOWED_HOSTS": [],
    }
    return ours[name] if name in ours else import_from_settings(name, *default)


class Draft(dict[str, Any]):
    """What the library takes for the session during one request; it is never stored."""

    session_key: str | None = None

    def __init__(self, _session_key: str | None = None) -> None:
        super().__init__()

    def save(self) -> None:
        """Nothing is left to do: there is nobody to overwrite."""


class RequestView(OIDCAuthenticationRequestView):
    """The library's authorization request, with PKCE and nonce always; the caller keeps what ``draft`` then holds."""

    http_method_names = ("get", "post")
    silent = False
    lasting = True

    @staticmethod
    def get_settings(attr: str, *args: Any) -> Any:
        """Porthole's settings, not Django's."""
        return from_config(attr, *args)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The way to the provider; ``self.draft`` has state, nonce and verifier."""
        held, self.draft = request.session, Draft()
        request.session = self.draft  # type: ignore[assignment]
        try:
            response: HttpResponse = super().get(request)
        finally:
            request.session = held
        # The library puts a second ? behind an endpoint that has a query already.
        response["Location"] = provider.with_query(
            self.OIDC_OP_AUTH_ENDPOINT, response["Location"].removeprefix(f"{self.OIDC_OP_AUTH_ENDPOINT}?")
        )
        return response

    post = get

    def get_extra_params(self, request: HttpRequest) -> dict[str, str]:
        """What the operator adds, the registered callback, and the scope for a refresh token where there is one."""
        scopes = settings.CONFIG["OIDC_SCOPES"]
        self.lasting = self.lasting and wants_offline_access(scopes)
        return {
            "scope": " ".join([*scopes, *([OFFLINE] if self.lasting else [])]),
            **settings.CONFIG["OIDC_AUTHORIZATION_PARAMS"],
            "redirect_uri": callback_url(request),
            **({"prompt": "none"} if self.silent else {}),
        }


def wants_offline_access(scopes: list[str]) -> bool:
    """Whether offline_access has to be added, and may be: Google has another way and refuses it.

    Keycloak gives refresh tokens without it, that end with the person's session there; those with it would outlive a
    sign-out everywhere, of which nobody would be told.
    """
    found = provider.discover()
    needless = found.issuer == provider.GOOGLE or found.token_endpoint.endswith(provider.KEYCLOAK_TOKENS)
    return OFFLINE not in scopes and OFFLINE in found.scopes and not needless


def callback_url(request: HttpRequest) -> str:
    """Where the provider sends people back to, as it was registered there."""
    return str(settings.CONFIG["OIDC_CALLBACK_URL"]) or request.build_absolute_uri("/oidc-callback")


class CallbackView(OIDCAuthenticationCallbackView):
    """The library's callback for one pending sign-in; ``outcome`` then has tokens and claims.

    Its own way with ``error=`` signs out whoever follows a link: the caller deals with errors before.
    """

    state = nonce = code_verifier = ""
    outcome: Draft | None = None

    @staticmethod
    def get_settings(attr: str, *args: Any) -> Any:
        """Porthole's settings, not Django's."""
        return from_config(attr, *args)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Exchange the code and check what comes. Raises SignInRefused, Undiscovered, Unanswered, TokensRefused."""
        held, draft = request.session, Draft()
        draft["oidc_states"] = {self.state: {"nonce": self.nonce, "code_verifier": self.code_verifier}}
        request.session = draft  # type: ignore[assignment]
        try:
            response: HttpResponse = super().get(request)
        finally:
            # The library began a new one before it exchanged the code.
            self.outcome, request.session = request.session, held  # type: ignore[assignment]
        return response

    def login_success(self) -> HttpResponse:
        """The library signs in here, into whatever session there is; Porthole begins one of its own."""
        return HttpResponse(status=204)

    def login_failure(self) -> HttpResponse:
        """Nobody, although all was in order: the account was switched off in the admin, or no code came."""
        user = getattr(self, "user", None)
        if user and not user.is_active:
            raise inactive()
        raise SignInRefused("code", _("The identity provider sent you back without a code."))


class Backend(OIDCAuthenticationBackend):
    """The library's backend: tokens checked in full, and people told apart by issuer and subject, never by e-mail."""

    def __init__(self) -> None:
        """Ask nothing of the provider: Django makes a backend for each request that asks who somebody is."""
        self.UserModel = User

    def __getattr__(self, name: str) -> Any:
        """The library's settings when they are needed: OIDC_OP_TOKEN_ENDPOINT and the like."""
        if name.startswith("OIDC_"):
            return from_config(name)
        raise AttributeError(name)

    @staticmethod
    def get_settings(attr: str, *args: Any) -> Any:
        """Porthole's settings, not Django's."""
        return from_config(attr, *args)

    def authenticate(self, request: HttpRequest, *, nonce: str, code_verifier: str) -> AbstractBaseUser | None:
        """The person of the code in the request, for a sign-in that was begun here: both are always needed.

        So the admin's form, which asks every backend about names and passwords, never gets here.
        """
        found: AbstractBaseUser | None = super().authenticate(request, nonce=nonce, code_verifier=code_verifier)
        return found

    def get_token(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The tokens for the code. Raises TokensRefused and Unanswered, which never hold what the answer said."""
        fields = {
            "grant_type": payload["grant_type"],
            "code": payload["code"],
            "redirect_uri": callback_url(self.request),
            "code_verifier": payload["code_verifier"],
        }
        self.answer = provider.redeem(provider.discover(), fields)
        return self.answer

    def verify_token(self, token: Any, **kwargs: Any) -> dict[str, Any]:
        """The claims of the id_token. Raises SignInRefused."""
        found = provider.discover()
        return idtokens.verified(found, token, nonce=kwargs["nonce"], access_token=self.answer.get("access_token"))

    def store_tokens(self, access_token: Any, id_token: Any) -> None:
        """Hand on the whole answer, refresh token and all: the library would drop that."""
        self.request.session["answer"] = self.answer

    def get_userinfo(self, access_token: Any, id_token: Any, payload: dict[str, Any]) -> dict[str, Any]:
        """The claims of the id_token; userinfo adds to them only where the operator's settings need it."""
        claims = idtokens.with_userinfo(provider.discover(), payload, access_token)
        self.request.session["claims"] = claims
        return claims

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        """They are verified; whether somebody has an e-mail address does not matter."""
        return True

    def filter_users_by_claims(self, claims: dict[str, Any]) -> QuerySet[User]:
        """The row of this subject at this issuer."""
        return User.objects.filter(username=self.get_username(claims))

    def create_user(self, claims: dict[str, Any]) -> User:
        """A row without a password and without rights; of two that are made at once there is one."""
        user, _created = User.objects.get_or_create(
            username=self.get_username(claims), defaults={"first_name": display_name(claims)[:150], "password": "!"}
        )
        return user

    def update_user(self, user: User, claims: dict[str, Any]) -> User:
        """The same with the name that the provider has now."""
        name = display_name(claims)[:150]
        if user.first_name != name:
            user.first_name = name
            user.save(update_fields=["first_name"])
        return user

    def get_username(self, claims: dict[str, Any]) -> str:
        """A name that belongs to one subject of one issuer and to nobody else."""
        return username(claims)


def username(claims: dict[str, Any]) -> str:
    """What the row of a person is called: a digest of issuer and subject."""
    identity = json.dumps([settings.CONFIG["OIDC_ISSUER_URL"], claims["sub"]])
    return f"oidc-{hashlib.sha256(identity.encode()).hexdigest()}"


def check_active(claims: dict[str, Any]) -> None:
    """Raise SignInRefused where the person's row was switched off in the admin."""
    if User.objects.filter(username=username(claims), is_active=False).exists():
        raise inactive()


def inactive() -> SignInRefused:
    """An account that an administrator switched off."""
    return SignInRefused("inactive", _("Your account is switched off here."), _("Ask whoever runs Porthole."))


def display_name(claims: dict[str, Any]) -> str:
    """What a person is called on pages; it decides nothing."""
    for claim in ("name", "preferred_username", "email", "upn"):
        found = claims.get(claim)
        if isinstance(found, str) and found.strip():
            return found.strip()[:200]
    return str(claims["sub"])
