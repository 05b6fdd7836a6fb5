"""The way in on your own machine: your kubeconfig's clusters with your kubeconfig's credentials.

Only from this machine (loopback), and only with the link that the terminal shows, which works once: so neither another
user of the machine nor a web page that guesses the port can ride along.
"""

import ipaddress
import sys

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from clusters import kubeconfig
from clusters.credentials import Credentials
from clusters.errors import NoCredentials
from clusters.models import Cluster
from dashboard import signin
from dashboard.models import SignInLink
from dashboard.problems import Problem, problem_response
from dashboard.returns import next_url

TITLE = gettext_lazy("Kubeconfig")
HINT = gettext_lazy("Open the link that the terminal shows in which Porthole runs. It works once.")

PRESENTS = gettext_lazy("The token of your kubeconfig")


def person(request: HttpRequest) -> str:
    """The owner of the kubeconfig; the cluster knows their name, see "Who am I"."""
    return _("Your kubeconfig")


def file() -> str:
    """The kubeconfig that is served."""
    return str(settings.CONFIG["KUBECONFIG"])


def clusters(request: HttpRequest) -> dict[str, Cluster]:
    """A cluster per context, by the context's name."""
    return {context.name: context.cluster for context in contexts()} if from_this_machine(request) else {}


def credentials(request: HttpRequest, cluster: Cluster, key: str) -> Credentials | None:
    """The credentials of a context, if the request comes from this machine."""
    if not from_this_machine(request):
        return None
    try:
        return kubeconfig.credentials(key, file())
    except kubeconfig.KubeconfigError as error:
        raise NoCredentials(str(error)) from error


def contexts() -> list[kubeconfig.Context]:
    """The kubeconfig's contexts. Raises NoCredentials where it cannot be read (any more)."""
    try:
        return kubeconfig.contexts(file())
    except kubeconfig.KubeconfigError as error:
        raise NoCredentials(str(error)) from error


def from_this_machine(request: HttpRequest) -> bool:
    """Whether the peer is this machine, and the name asked for too: a foreign name may point here (DNS rebinding)."""
    host, _port = split_domain_port(request.get_host())
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and (host == "localhost" or is_loopback(host.strip("[]")))


def is_loopback(address: str) -> bool:
    """Whether ``address`` is an IP address of this machine's loopback."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def link_path() -> str:
    """Make a new link and return its path and query; all earlier ones are void."""
    return f"{reverse('signin_kubeconfig')}?token={SignInLink.renew()}"


@require_GET
def follow_link(request: HttpRequest) -> HttpResponse:
    """Sign in with the token of the link, and show the next link in the terminal."""
    if not from_this_machine(request):
        problem = Problem(
            title=_("Only from this machine"),
            message=_("A kubeconfig is served to the machine that it is on, under localhost or 127.0.0.1."),
            advice=_("Open Porthole on that machine, or set up another way to sign in."),
        )
        return problem_response(request, problem, 403)
    if not SignInLink.use(request.GET.get("token", "")):
        problem = Problem(
            title=_("This link has been used"),
            message=_("A sign-in link works once."),
            advice=_("The terminal in which Porthole runs shows the next one."),
        )
        return problem_response(request, problem, 403)
    signin.sign_in(request, "kubeconfig", {}, signin.Identity(issuer="kubeconfig", subject="owner"))
    sys.stdout.write(f"Signed in. For another browser: {request.build_absolute_uri(link_path())}\n")
    sys.stdout.flush()
    return redirect(next_url(request))


urlpatterns = [path("", follow_link, name="signin_kubeconfig")]
