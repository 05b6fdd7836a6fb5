"""The way in by OpenID Connect: people sign in at the operator's identity provider, and their own tokens go upstream.

The rooms behind it are in ``dashboard.signin.openid``.
"""

from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext_lazy as _

from clusters.credentials import Credentials
from clusters.models import Cluster
from dashboard import signin
from dashboard.signin.openid import logout, tokens, views

TITLE = _("Single sign-on")
HINT = _("Sign in with your identity provider.")
CONFIGURED = True
START = "signin_oidc"

clusters = signin.set_up
verified_claims = tokens.verified_claims
leave = logout.leave


def person(request: HttpRequest) -> str:
    """The name that the provider has for the person."""
    who = signin.identity(request)
    return who.name if who else ""


def credentials(request: HttpRequest, cluster: Cluster, key: str) -> Credentials:
    """What the person presents to the cluster. Raises SignInAgain, WrongToken and NoProvider."""
    return tokens.credentials(request, cluster)


urlpatterns = [
    path("", views.start, name="signin_oidc"),
    path("silent/", views.start_silent, name="signin_oidc_silent"),
]

ROOT_URLPATTERNS = [
    path("oidc/callback/", views.callback, name="oidc_callback"),
    path("oidc-callback", views.callback, name="oidc_callback_registered"),
    path("oidc/backchannel-logout/", logout.back_channel, name="oidc_backchannel_logout"),
]
