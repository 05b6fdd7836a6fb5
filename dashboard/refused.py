"""Why a cluster probably refused what a person presented: the API server itself answers with a bare 401."""

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from clusters import claims, tokenfiles
from clusters.credentials import BearerToken, Impersonation, TokenFile, present
from clusters.errors import ClusterError
from clusters.models import Cluster
from dashboard import signin
from dashboard.problems import Problem


def explained(request: HttpRequest, problem: Problem) -> Problem:
    """``problem`` of a 401, with what is likely wrong as its advice."""
    return replace(problem, advice=why_refused(request) or problem.advice)


def why_refused(request: HttpRequest) -> str:
    """A sentence or two from the claims of the token that was presented, "" where there was none."""
    cluster = getattr(request, "cluster", None)
    if not cluster:
        return ""
    try:
        entrance = signin.credentials(request, cluster.name)
        found = present(entrance[1]) if entrance and entrance[1] else None
        if isinstance(found, Impersonation) and isinstance(found.actor, TokenFile):
            return of_the_impersonator(found.actor)
    except ClusterError as error:
        return error.message
    if not isinstance(found, BearerToken):
        return ""
    issuer, audience = expected(request, cluster)
    return claims.likely_reason(found.token, issuer=issuer, audience=audience)


def of_the_impersonator(actor: TokenFile) -> str:
    """That it is not the person's token that was refused. Raises NoCredentials where the file cannot be read."""
    message = _("What is refused is the token in %(file)s, by which Porthole acts as you, and not yours: %(reason)s")
    reason = claims.likely_reason(tokenfiles.read(actor.file), issuer="", audience="")
    return message % {"file": actor.file, "reason": reason}


def expected(request: HttpRequest, cluster: Cluster) -> tuple[str, str]:
    """The issuer and the audience that the operator's settings name for tokens to ``cluster``, "" where none do."""
    if not getattr(signin.active(request), "CONFIGURED", False):
        return "", ""
    config = settings.CONFIG
    issuer = cluster.issuer or config["OIDC_VALIDATOR_ISSUER_URL"] or config["OIDC_ISSUER_URL"]
    audience = cluster.audience or config["OIDC_VALIDATOR_CLIENT_ID"] or config["OIDC_CLIENT_ID"]
    return issuer, audience
