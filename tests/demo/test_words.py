"""Durations, schedules, patches and a pod's STATUS, by hand-made cases and by the examples of their specifications."""

import json
from datetime import UTC, datetime

import pytest

from clusters.demo import patches
from clusters.demo.ages import human_duration
from clusters.demo.controllers.jobs import next_run
from clusters.demo.pod_cells import pod_cells
from clusters.demo.selectors import format_selector

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400
NOW = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (0.9, "0s"), (119, "119s"), (2 * MINUTE, "2m"),
        (9 * MINUTE + 59, "9m59s"), (10 * MINUTE + 59, "10m"), (3 * HOUR - 1, "179m"), (3 * HOUR, "3h"),
        (7 * HOUR + 59 * MINUTE, "7h59m"), (8 * HOUR + 30 * MINUTE, "8h"), (47 * HOUR, "47h"), (2 * DAY, "2d"),
        (2 * DAY + 5 * HOUR, "2d5h"), (8 * DAY + 5 * HOUR, "8d"), (2 * YEAR - 1, "729d"), (2 * YEAR, "2y"),
        (2 * YEAR + 3 * DAY, "2y3d"), (8 * YEAR + 30 * DAY, "8y"),
    ],
)  # fmt: skip
def test_human_durations(seconds, words):
    assert human_duration(seconds) == words


@pytest.mark.parametrize(
    ("schedule", "after", "then"),
    [
        ("*/5 * * * *", "2026-01-02T12:00:00", "2026-01-02T12:05:00"),
        ("*/5 * * * *", "2026-01-02T12:04:59", "2026-01-02T12:05:00"),
        ("30 2 * * *", "2026-01-02T12:00:00", "2026-01-03T02:30:00"),
        ("0 0 1 * *", "2026-01-02T00:00:00", "2026-02-01T00:00:00"),
        ("0 9 * * 1-5", "2026-01-02T10:00:00", "2026-01-05T09:00:00"),
        ("15,45 8-10/2 * * 0", "2026-01-02T00:00:00", "2026-01-04T08:15:00"),
    ],
)
def test_cron_schedules(schedule, after, then):
    found = next_run(schedule, datetime.fromisoformat(f"{after}+00:00").timestamp())
    assert datetime.fromtimestamp(found, UTC).isoformat() == f"{then}+00:00"


# RFC 7386, appendix A: original, patch, result.
MERGES = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]


@pytest.mark.parametrize(("original", "patch", "result"), MERGES)
def test_merge_patches_of_rfc_7386(original, patch, result):
    assert patches.merge(json.loads(original), json.loads(patch)) == json.loads(result)


# RFC 6902, appendix A: document, operations, result (None: it does not fit).
POINTED = [
    ('{"foo":"bar"}', [{"op": "add", "path": "/baz", "value": "qux"}], '{"baz":"qux","foo":"bar"}'),
    ('{"foo":["bar","baz"]}', [{"op": "add", "path": "/foo/1", "value": "qux"}], '{"foo":["bar","qux","baz"]}'),
    ('{"baz":"qux","foo":"bar"}', [{"op": "remove", "path": "/baz"}], '{"foo":"bar"}'),
    ('{"foo":["bar","qux","baz"]}', [{"op": "remove", "path": "/foo/1"}], '{"foo":["bar","baz"]}'),
    ('{"baz":"qux"}', [{"op": "replace", "path": "/baz", "value": "boo"}], '{"baz":"boo"}'),
    (
        '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
    ),
    ('{"foo":["all","grass","cows","eat"]}', [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
     '{"foo":["all","cows","eat","grass"]}'),
    ('{"foo":["a",2,"c"]}', [{"op": "test", "path": "/foo/1", "value": 2}], '{"foo":["a",2,"c"]}'),
    ('{"baz":"qux"}', [{"op": "test", "path": "/baz", "value": "bar"}], None),
    ('{"foo":"bar"}', [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
     '{"foo":"bar","child":{"grandchild":{}}}'),
    ('{"foo":"bar"}', [{"op": "add", "path": "/baz/bat", "value": "qux"}], None),
    ('{"/":9,"~1":10}', [{"op": "test", "path": "/~01", "value": 10}], '{"/":9,"~1":10}'),
    ('{"foo":["bar"]}', [{"op": "add", "path": "/foo/-", "value": ["abc"]}], '{"foo":["bar",["abc"]]}'),
    ('{"foo":["bar"]}', [{"op": "remove", "path": "/foo/7"}], None),
]  # fmt: skip


@pytest.mark.parametrize(("document", "operations", "result"), POINTED)
def test_json_patches_of_rfc_6902(document, operations, result):
    original = json.loads(document)
    if result is None:
        with pytest.raises(patches.PatchDoesNotFitError):
            patches.json_patch(original, operations)
    else:
        assert patches.json_patch(original, operations) == json.loads(result)
    assert original == json.loads(document)


def container(name, state, *, ready=False, restarts=0, ended="", started=False):
    last = {"terminated": {"exitCode": 1, "finishedAt": ended}} if ended else {}
    return {
        "name": name,
        "state": state,
        "ready": ready,
        "restartCount": restarts,
        "lastState": last,
        "started": started,
    }


def pod(phase, *statuses, inits=(), sidecar=False, **more):
    spec = {"containers": [{"name": status["name"]} for status in statuses] or [{"name": "a"}]}
    spec["initContainers"] = [
        {"name": status["name"], **({"restartPolicy": "Always"} if sidecar else {})} for status in inits
    ]
    metadata = {"name": "p", "creationTimestamp": "2026-01-02T11:00:00Z", **more.pop("metadata", {})}
    status = {"phase": phase, "containerStatuses": list(statuses), "initContainerStatuses": list(inits), **more}
    return {"metadata": metadata, "spec": spec, "status": status}


BACKING_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}
RUNNING, WAITING = {"running": {}}, {"waiting": {"reason": "PodInitializing"}}
DONE = {"terminated": {"exitCode": 0, "reason": "Completed"}}
GOING = {"deletionTimestamp": "2026-01-02T12:00:30Z"}
READY = [{"type": "Ready", "status": "True"}]

# Worked out by hand along printPod in Kubernetes 1.37's pkg/printers/internalversion.
STATUSES = [
    (pod("Pending"), "0/1", "Pending", "0"),
    (pod("Running", container("a", RUNNING, ready=True)), "1/1", "Running", "0"),
    (pod("Running", container("a", RUNNING, ready=True), container("b", RUNNING)), "1/2", "Running", "0"),
    (
        pod("Running", container("a", BACKING_OFF, restarts=7, ended="2026-01-02T11:58:00Z")),
        "0/1", "CrashLoopBackOff", "7 (2m ago)",
    ),
    (pod("Failed", container("a", {"terminated": {"exitCode": 137, "reason": "OOMKilled"}})), "0/1", "OOMKilled", "0"),
    (pod("Failed", container("a", {"terminated": {"exitCode": 3}})), "0/1", "ExitCode:3", "0"),
    (pod("Failed", container("a", {"terminated": {"exitCode": 0, "signal": 9}})), "0/1", "Signal:9", "0"),
    (pod("Succeeded", container("a", DONE)), "0/1", "Completed", "0"),
    (
        pod("Running", container("a", DONE), container("b", RUNNING, ready=True), conditions=READY),
        "1/2", "Running", "0",
    ),
    (pod("Running", container("a", DONE), container("b", RUNNING, ready=True)), "1/2", "NotReady", "0"),
    (
        pod("Running", container("a", DONE), container("b", {"terminated": {"exitCode": 1, "reason": "Error"}})),
        "0/2", "Error", "0",
    ),
    (pod("Pending", container("a", WAITING), inits=[container("i", RUNNING)]), "0/1", "Init:0/1", "0"),
    (
        pod("Pending", container("a", WAITING), inits=[container("i", DONE), container("j", WAITING)]),
        "0/1", "Init:1/2", "0",
    ),
    (
        pod("Pending", container("a", WAITING), inits=[container("i", BACKING_OFF, restarts=2)]),
        "0/1", "Init:CrashLoopBackOff", "2",
    ),
    (
        pod("Pending", container("a", WAITING), inits=[container("i", {"terminated": {"exitCode": 2}})]),
        "0/1", "Init:ExitCode:2", "0",
    ),
    (pod("Pending", container("a", WAITING), inits=[container("i", DONE)]), "0/1", "PodInitializing", "0"),
    (
        pod(
            "Running", container("a", RUNNING, ready=True), sidecar=True,
            inits=[container("i", RUNNING, ready=True, started=True, restarts=1)],
        ),
        "2/2", "Running", "1",
    ),
    (pod("Running", container("a", RUNNING, ready=True), metadata=GOING), "1/1", "Terminating", "0"),
    (pod("Running", container("a", RUNNING, ready=True), metadata=GOING, reason="NodeLost"), "1/1", "Unknown", "0"),
    (pod("Succeeded", container("a", DONE), metadata=GOING), "0/1", "Completed", "0"),
    (pod("Failed", reason="Evicted"), "0/1", "Evicted", "0"),
    (
        pod("Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]),
        "0/1", "SchedulingGated", "0",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("found", "ready", "word", "restarts"), STATUSES, ids=[case[2] for case in STATUSES])
def test_what_is_said_of_a_pod(found, ready, word, restarts):
    assert pod_cells(found, NOW) == ["p", ready, word, restarts, "60m", "<none>", "<none>", "<none>", "<none>"]


def test_a_selector_in_words():
    selector = {
        "matchLabels": {"b": "2", "a": "1"},
        "matchExpressions": [
            {"key": "c", "operator": "In", "values": ["y", "x"]},
            {"key": "d", "operator": "NotIn", "values": ["z"]},
            {"key": "e", "operator": "Exists"},
            {"key": "f", "operator": "DoesNotExist"},
        ],
    }
    assert format_selector(selector) == "a=1,b=2,c in (x,y),d notin (z),e,!f"
    assert (format_selector({}), format_selector(None)) == ("<none>", "<none>")
