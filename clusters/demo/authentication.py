"""Who is asking: bearer tokens, nobody at all, and impersonation."""

from dataclasses import replace
from urllib.parse import unquote

from clusters.demo.paths import parse
from clusters.demo.rbac import Deed, allowed, deed_of, forbidden, rules_for
from clusters.demo.requests import Request
from clusters.demo.statuses import Refusal, bad_request, unauthorized
from clusters.demo.world.people import ANONYMOUS, TOKENS, Person
from clusters.demo.world.store import Store

_EXTRA = "impersonate-extra-"


def person_of(request: Request, store: Store) -> Person:
    """The person a request speaks for; raises Refusal 401 for a wrong token, 403 when they may not impersonate."""
    person = _authenticated(request)
    if not any(name.startswith("impersonate-") for name, _ in request.headers):
        return person
    return _impersonated(request, store, person)


def _authenticated(request: Request) -> Person:
    header = request.header("authorization")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return ANONYMOUS
    person = TOKENS.get(token.strip())
    if person is None:
        raise unauthorized()
    return Person(person.name, (*person.groups, "system:authenticated"), person.uid, person.extra)


def _impersonated(request: Request, store: Store, actor: Person) -> Person:
    name = request.header("impersonate-user")
    groups = tuple(value for header, value in request.headers if header == "impersonate-group")
    uid = request.header("impersonate-uid")
    extra: dict[str, list[str]] = {}
    for header, value in request.headers:
        if header.startswith(_EXTRA):
            extra.setdefault(unquote(header[len(_EXTRA) :]), []).append(value)
    if not name:
        raise bad_request(_without_user(groups, uid, extra))
    for deed in _deeds(name, groups, uid, extra):
        if not allowed(store, actor, deed):
            raise _may_not(request, store, actor, deed, only_name=not (groups or uid or extra))
    if name != ANONYMOUS.name and "system:authenticated" not in groups and "system:unauthenticated" not in groups:
        groups = (*groups, "system:authenticated")
    elif name == ANONYMOUS.name and "system:unauthenticated" not in groups:
        groups = (*groups, "system:unauthenticated")
    if name.startswith("system:serviceaccount:") and name.count(":") == 3 and len(groups) == 1:
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{name.split(':')[2]}", *groups)
    return Person(name, groups, uid, tuple((key, tuple(values)) for key, values in extra.items()))


def _deeds(name: str, groups: tuple[str, ...], uid: str, extra: dict[str, list[str]]) -> list[Deed]:
    """What one must be allowed in order to speak as that person."""
    if name.startswith("system:serviceaccount:") and name.count(":") == 3:
        _, _, namespace, account = name.split(":")
        deeds = [Deed("impersonate", "", "serviceaccounts", namespace, account)]
    else:
        deeds = [Deed("impersonate", "", "users", "", name)]
    deeds += [Deed("impersonate", "", "groups", "", group) for group in groups]
    if uid:
        deeds.append(Deed("impersonate", "authentication.k8s.io", "uids", "", uid))
    for key, values in extra.items():
        deeds += [Deed("impersonate", "authentication.k8s.io", f"userextras/{key}", "", value) for value in values]
    return deeds


def _may_not(request: Request, store: Store, actor: Person, deed: Deed, *, only_name: bool) -> Refusal:
    """403 for a would-be impersonator.

    Kubernetes 1.37 first asks for the constrained form, the verb `impersonate-on:<mode>:<verb>` on what is requested,
    and words its refusal by that, unless the actor is known to impersonate in the old form.
    """
    account = deed.resource == "serviceaccounts"
    old_form = any("impersonate" in rule["verbs"] for rule in rules_for(store, actor, "shop"))
    if old_form or (account and not only_name):
        return forbidden(actor, deed)
    mode = "serviceaccount" if account else "user-info"
    if only_name and deed.name.startswith("system:node:"):
        mode = "arbitrary-node"
    asked = deed_of(parse(request.method, request.path, request.query))
    return forbidden(actor, replace(asked, verb=f"impersonate-on:{mode}:{asked.verb}"))


def _without_user(groups: tuple[str, ...], uid: str, extra: dict[str, list[str]]) -> str:
    """The API server's words, which show the Go value it parsed."""
    listed = "{" + ", ".join(f'"{group}"' for group in groups) + "}" if groups else "(nil)"
    extras = ", ".join(f'"{key}":[]string{{{", ".join(map(_quoted, values))}}}' for key, values in extra.items())
    more = f"{{{extras}}}" if extra else "(nil)"
    user = f'&user.DefaultInfo{{Name:"", UID:"{uid}", Groups:[]string{listed}, Extra:map[string][]string{more}}}'
    return f"requested {user} without impersonating a user name"


def _quoted(text: str) -> str:
    return f'"{text}"'
