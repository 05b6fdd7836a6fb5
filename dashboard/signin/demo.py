"""The way into the demo cluster: choose who to be, and see what that person's RBAC allows."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from clusters.credentials import BearerToken, Credentials
from clusters.models import Cluster
from dashboard import signin
from dashboard.returns import next_url

TITLE = _("Demo")
HINT = _("Choose who to be on the demo cluster.")
PRESENTS = _("The token of a demo person")
CLUSTER = "demo"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody that one can be on the demo cluster."""

    name: str
    title: str
    description: str | Promise


PEOPLE = (
    DemoPerson("olivia", "Olivia", _("Operator: may see and change everything.")),
    DemoPerson("victor", "Victor", _("Viewer: may see everything but Secrets, and change nothing.")),
    DemoPerson("nadia", "Nadia", _("Shop team: may change what is in the namespace shop, and see nothing else.")),
)


def form(request: HttpRequest) -> dict[str, Any]:
    """The context of signin/_demo.html."""
    return {"people": PEOPLE}


def person(request: HttpRequest) -> str:
    """The chosen person's name."""
    return next((who.title for who in PEOPLE if who.name == request.session.get("person")), "")


def clusters(request: HttpRequest) -> dict[str, Cluster]:
    """The demo cluster."""
    namespace = "shop" if request.session.get("person") == "nadia" else ""
    server = settings.CONFIG["PORTHOLE_DEMO_SERVER"]
    return {CLUSTER: Cluster(name=CLUSTER, title=str(_("Demo")), server=server, default_namespace=namespace)}


def credentials(request: HttpRequest, cluster: Cluster, key: str) -> Credentials | None:
    """The chosen person's token, which only the demo's API server knows."""
    return BearerToken(f"{request.session['person']}-token")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Sign in as the posted person."""
    chosen = next((who for who in PEOPLE if who.name == request.POST.get("person")), None)
    if not chosen:
        return redirect("signin")
    who = signin.Identity(issuer="demo", subject=chosen.name, name=chosen.title)
    signin.sign_in(request, "demo", {"person": chosen.name}, who)
    return redirect(next_url(request))


urlpatterns = [path("", choose, name="signin_demo")]
