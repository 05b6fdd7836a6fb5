"""A container's log: which container, which of its runs, and how much of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clusters.demo.paths import Target
from clusters.demo.requests import Answer, Request, Stream
from clusters.demo.statuses import Refusal, bad_request, not_found
from clusters.demo.world.clock import moment, nano_stamp
from clusters.demo.world.images import image_of
from clusters.demo.world.resources import Resource
from clusters.demo.world.voices import VOICES, Run, Voice, last_lines, lines_between, next_moment
from clusters.demo.world.world import World

TEXT = "text/plain"


@dataclass(frozen=True, slots=True)
class Options:
    """PodLogOptions; times in seconds since 1970, `since` 0 is from the beginning, `tail` and `limit` None is all."""

    container: str
    previous: bool
    follow: bool
    timestamps: bool
    since: float
    tail: int | None
    limit: int | None


def log(world: World, request: Request, target: Target, resource: Resource) -> Answer | Stream:
    """Answer `pods/log`; raises Refusal 400, 404 and 422 as the API server and the kubelet word them."""
    pod = world.get("pods", target.namespace, target.name)
    if pod is None:
        raise not_found(resource, target.name)
    options = _options(request, world.now(), target.name)
    container = _container(pod, options.container)
    if not pod["spec"].get("nodeName"):
        return Answer(204, b"", "")
    run = _run(pod, container, previous=options.previous)
    if options.follow and run.finished is None:
        return Stream(_cut(_follow(world, pod, container, run, options), options.limit), TEXT)
    text = b"".join(_cut(_lines(_past(run, options, world.now()), options), options.limit))
    return Answer(200, text, TEXT)


def _options(request: Request, now: float, pod: str) -> Options:
    seconds, time = request.parameter("sinceSeconds"), request.parameter("sinceTime")
    causes = []
    if seconds and time:
        causes.append(
            ("FieldValueForbidden", "[]", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified")
        )
    elif seconds and _whole(request, "sinceSeconds") < 1:
        causes.append(("FieldValueInvalid", "sinceSeconds", f"Invalid value: {seconds}: must be greater than 0"))
    for field, least, words in (("tailLines", 0, "greater than or equal to 0"), ("limitBytes", 1, "greater than 0")):
        value = request.parameter(field)
        if value and _whole(request, field) < least:
            causes.append(("FieldValueInvalid", field, f"Invalid value: {value}: must be {words}"))
    if causes:
        raise _invalid_options(pod, causes)
    since = now - int(seconds) if seconds else _time(time) if time else 0.0
    return Options(
        request.parameter("container"),
        _flag(request, "previous"),
        _flag(request, "follow"),
        _flag(request, "timestamps"),
        since,
        _whole(request, "tailLines") if request.parameter("tailLines") else None,
        _whole(request, "limitBytes") if request.parameter("limitBytes") else None,
    )


def _invalid_options(pod: str, causes: list[tuple[str, str, str]]) -> Refusal:
    texts = [f"{field}: {message}" for _, field, message in causes]
    details = {
        "name": pod,
        "kind": "PodLogOptions",
        "causes": [{"reason": reason, "message": message, "field": field} for reason, field, message in causes],
    }
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    return Refusal(422, "Invalid", f'PodLogOptions "{pod}" is invalid: {text}', details)


def _flag(request: Request, name: str) -> bool:
    """As the API server reads a boolean parameter: there, and neither `false` nor `0`."""
    return name in request.query and request.parameter(name).lower() not in ("false", "0")


def _whole(request: Request, name: str) -> int:
    value = request.parameter(name)
    try:
        return int(value)
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax') from error


def _time(text: str) -> float:
    try:
        return moment(text)
    except ValueError as error:
        rest, wanted = (text[10:], "T") if re.fullmatch(r"\d{4}-\d\d-\d\d.*", text, re.DOTALL) else (text, "2006")
        message = f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{rest}" as "{wanted}"'
        raise bad_request(message) from error


def _container(pod: dict, name: str) -> dict:
    spec, pod_name = pod["spec"], pod["metadata"]["name"]
    main, inits = spec["containers"], spec.get("initContainers") or []
    if name:
        found = next((container for container in [*main, *inits] if container["name"] == name), None)
        if found is None:
            raise bad_request(f"container {name} is not valid for pod {pod_name}")
        return found
    if len(main) == 1 and not inits:
        return main[0]
    if len(main) == 1:
        return main[0]
    message = f"a container name must be specified for pod {pod_name}, choose one of: {_names(main)}"
    if inits:
        message += f" or one of the init containers: {_names(inits)}"
    raise bad_request(message)


def _names(containers: list[dict]) -> str:
    return f"[{' '.join(container['name'] for container in containers)}]"


def _run(pod: dict, container: dict, *, previous: bool) -> Run:
    """The run whose log is meant, chosen as the kubelet chooses it."""
    name, pod_name = container["name"], pod["metadata"]["name"]
    where = f'container "{name}" in pod "{pod_name}"'
    status = next((found for found in _statuses(pod) if found["name"] == name), None)
    if status is None:
        raise bad_request(f"{where} is not available")
    state, last = status["state"], status.get("lastState", {}).get("terminated")
    if previous:
        if last is None:
            raise bad_request(f"previous terminated {where} not found")
        return _ended_run(container, last)
    if "running" in state:
        return Run(status["containerID"], _voice(container), moment(state["running"]["startedAt"]))
    if "terminated" in state:
        return _ended_run(container, state["terminated"])
    if last is not None:
        return _ended_run(container, last)
    reason = state["waiting"]["reason"]
    words = {"ErrImagePull": "image can't be pulled", "ImagePullBackOff": "trying and failing to pull image"}
    raise bad_request(f"{where} is waiting to start: {words.get(reason, reason)}")


def _ended_run(container: dict, ended: dict) -> Run:
    started, finished = moment(ended["startedAt"]), moment(ended["finishedAt"])
    return Run(ended["containerID"], _voice(container), started, finished + 0.9, ended["exitCode"] != 0)


def _statuses(pod: dict) -> list[dict]:
    status = pod.get("status", {})
    return [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]


def _voice(container: dict) -> Voice:
    image = image_of(container["image"])
    return VOICES[image.voice if image else "plain"]


def _past(run: Run, options: Options, now: float) -> Iterator[tuple[float, str]]:
    if options.tail is None:
        return lines_between(run, options.since, now)
    return iter([line for line in last_lines(run, options.tail, now) if line[0] > options.since])


def _lines(found: Iterator[tuple[float, str]], options: Options) -> Iterator[bytes]:
    for when, text in found:
        line = f"{nano_stamp(when)} {text}\n" if options.timestamps else f"{text}\n"
        yield line.encode("utf-8", "surrogateescape")


def _follow(world: World, pod: dict, container: dict, run: Run, options: Options) -> Iterator[bytes]:
    """The log so far, then each line as it is written, until the run ends."""
    until = world.clock.now()
    yield b"".join(_lines(_past(run, options, until), options))
    while not world.closed:
        with world.lock:
            world.clock.wait(world.changed, max(min(next_moment(run, until) - world.clock.now(), 1.0), 0.01))
            now = world.clock.now()
            ended = _end_of(world, pod, container, run)
        finished = run if ended is None else Run(run.identity, run.voice, run.started, ended[0], ended[1])
        text = b"".join(_lines(lines_between(finished, until, now if ended is None else ended[0]), options))
        yield text
        until = now
        if ended is not None:
            return


def _end_of(world: World, pod: dict, container: dict, run: Run) -> tuple[float, bool] | None:
    """(moment, whether it crashed) once the run has ended."""
    metadata = pod["metadata"]
    current = world.get("pods", metadata["namespace"], metadata["name"])
    if current is None or current["metadata"]["uid"] != metadata["uid"]:
        return world.clock.now(), False
    status = next(found for found in _statuses(current) if found["name"] == container["name"])
    if status.get("containerID") == run.identity and "running" in status["state"]:
        return None
    for state in (status["state"], status.get("lastState", {})):
        ended = state.get("terminated")
        if ended and ended["containerID"] == run.identity:
            return moment(ended["finishedAt"]) + 0.9, ended["exitCode"] != 0
    return world.clock.now(), False


def _cut(chunks: Iterator[bytes], limit: int | None) -> Iterator[bytes]:
    left = limit
    for chunk in chunks:
        if left is None:
            yield chunk
            continue
        yield chunk[:left]
        left -= len(chunk[:left])
        if left <= 0:
            return
