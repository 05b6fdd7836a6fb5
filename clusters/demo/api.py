"""One request from end to end: who asks, may they, what is it about, and which function answers."""

from collections.abc import Callable

from clusters.demo import discovery, lists, logs, reviews, watch, writes
from clusters.demo.authentication import person_of
from clusters.demo.paths import Target, parse
from clusters.demo.rbac import allowed, deed_of, forbidden
from clusters.demo.requests import Answer, Request, Stream, json_answer
from clusters.demo.statuses import Refusal, method_not_allowed, no_such_resource
from clusters.demo.world.people import Person
from clusters.demo.world.resources import Resource
from clusters.demo.world.world import World

Verb = Callable[[World, Request, Target, Resource], Answer | Stream]
VERBS: dict[str, Verb] = {
    "get": lists.get,
    "list": lists.list_,
    "watch": watch.watch,
    "create": writes.create,
    "update": writes.replace,
    "patch": writes.patch,
    "delete": writes.delete,
}

NAMED = ("get", "update", "patch", "delete")


def respond(world: World, request: Request, host: str = "") -> Answer | Stream:
    """Answer a request; a refusal is an answer too."""
    with world.lock:
        world.catch_up()
        try:
            return _answer(world, request, host)
        except Refusal as refusal:
            return json_answer(refusal.status, refusal.code)


def _answer(world: World, request: Request, host: str) -> Answer | Stream:
    person = person_of(request, world.store)
    target = parse(request.method, request.path, request.query)
    deed = deed_of(target)
    if not allowed(world.store, person, deed):
        raise forbidden(person, deed)
    if not target.resource:
        return _plain(world, request, host)
    resource = world.resources().get((target.group, target.version, target.resource))
    if resource is None:
        return _unknown(world, target)
    everywhere = resource.namespaced and target.verb in ("list", "watch")
    misplaced = resource.namespaced is not bool(target.namespace) and not everywhere
    if misplaced and resource.key != "namespaces":
        raise no_such_resource()
    if resource.key == "namespaces":
        target = Target(target.verb, target.path, "", "v1", "", "namespaces", target.name, target.subresource)
    return _resource(world, request, person, target, resource)


def _plain(world: World, request: Request, host: str) -> Answer:
    found = discovery.document(world, request, host)
    if found is None and request.path.startswith("/api/"):
        raise no_such_resource()
    if found is None:
        return Answer(404, b"404 page not found\n", "text/plain; charset=utf-8")
    if request.method not in ("GET", "HEAD"):
        raise method_not_allowed()
    return found


def _unknown(world: World, target: Target) -> Answer:
    if any((group, version) == (target.group, target.version) for group, version, _ in world.resources()):
        raise no_such_resource()
    return Answer(404, b"404 page not found\n", "text/plain; charset=utf-8")


def _resource(world: World, request: Request, person: Person, target: Target, resource: Resource) -> Answer | Stream:
    if target.subresource:
        return _subresource(world, request, target, resource)
    if target.verb not in resource.verbs or (target.verb in NAMED) is not bool(target.name):
        raise method_not_allowed()
    if resource.kind.startswith("SelfSubject"):
        return reviews.review(world, request, person, resource.kind)
    return VERBS[target.verb](world, request, target, resource)


def _subresource(world: World, request: Request, target: Target, resource: Resource) -> Answer | Stream:
    found = resource.subresource(target.subresource)
    if found is None:
        raise no_such_resource()
    if target.verb not in found.verbs:
        raise method_not_allowed()
    if found.name == "log":
        return logs.log(world, request, target, resource)
    if found.name == "scale":
        act = writes.get_scale if target.verb == "get" else writes.write_scale
        return act(world, request, target, resource)
    return VERBS[target.verb](world, request, target, resource)
