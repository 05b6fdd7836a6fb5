"""A container's log: how much of it, which run, which container, live."""

import re
import threading

import pytest

from clusters.names import path
from tests.contract.asking import status

TALKER = "/api/v1/namespaces/monitoring/pods/talker/log"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"


def log(server, url):
    reply = server.ask("GET", url)
    assert reply.code == 200, reply.body
    return reply.body.decode().splitlines()


def pod_of(server, namespace, app):
    """The name of a pod by its label."""
    items = server.get(f"/api/v1/namespaces/{namespace}/pods?labelSelector=app%3D{app}")["items"]
    return items[0]["metadata"]["name"]


def numbers(lines):
    return [int(line.rpartition(" ")[2]) for line in lines]


def test_the_last_lines(cluster_under_test):
    lines = log(cluster_under_test, f"{TALKER}?tailLines=5")
    first = numbers(lines)[0]
    assert lines == [f"tick {number}" for number in range(first, first + 5)]
    assert log(cluster_under_test, f"{TALKER}?tailLines=0") == []


def test_from_the_beginning(cluster_under_test):
    lines = log(cluster_under_test, TALKER)
    assert numbers(lines) == list(range(len(lines)))
    assert len(lines) > 100


def test_timestamps_are_in_order(cluster_under_test):
    lines = log(cluster_under_test, f"{TALKER}?tailLines=20&timestamps=true")
    stamps = [line.partition(" ")[0] for line in lines]
    assert all(re.fullmatch(STAMP, stamp) for stamp in stamps)
    assert stamps == sorted(stamps)
    assert all(line.partition(" ")[2].startswith("tick ") for line in lines)


def test_since_a_time(cluster_under_test):
    lines = log(cluster_under_test, f"{TALKER}?tailLines=10&timestamps=true")
    # Servers read a sinceTime to the second.
    since = f"{lines[4][:19]}Z"
    found = log(cluster_under_test, f"{TALKER}?timestamps=true&sinceTime={since}")
    assert found[0][:19] >= since[:19]
    assert lines[6] in found
    assert lines[2] not in found


def test_since_some_seconds(cluster_under_test):
    everything = log(cluster_under_test, TALKER)
    recent = log(cluster_under_test, f"{TALKER}?sinceSeconds=10")
    assert 0 < len(recent) < len(everything)
    assert len(log(cluster_under_test, f"{TALKER}?sinceSeconds=10&tailLines=3")) == 3


def test_at_most_so_many_bytes(cluster_under_test):
    assert cluster_under_test.ask("GET", f"{TALKER}?limitBytes=9").body == b"tick 0\nti"


def test_lines_of_one_moment(cluster_under_test):
    lines = log(cluster_under_test, "/api/v1/namespaces/monitoring/pods/burst/log?timestamps=true")
    assert len(lines) == 1000
    assert len({line.partition(" ")[0] for line in lines}) == 1
    assert numbers(lines) == list(range(1000))


def test_a_line_of_ten_megabytes(cluster_under_test):
    body = cluster_under_test.ask("GET", "/api/v1/namespaces/monitoring/pods/long-line/log").body
    first, long, last, end = body.split(b"\n")
    assert (first, last, end) == (b"tick 0", b"tick 2", b"")
    assert len(long) == 10_000_000


def test_bytes_come_as_they_were_written(cluster_under_test):
    body = cluster_under_test.ask("GET", "/api/v1/namespaces/monitoring/pods/hostile/log").body
    assert b"<script>alert('log')</script>" in body
    assert b"\x1b[" in body
    with pytest.raises(UnicodeDecodeError):
        body.decode()


def test_following_goes_on_where_the_tail_ends(cluster_under_test):
    with cluster_under_test.lines(f"{TALKER}?follow=true&tailLines=2") as lines:
        found = numbers([next(lines).decode() for _ in range(4)])
    assert found == list(range(found[0], found[0] + 4))


def test_following_through_the_door(cluster_under_test):
    url = path("api", "v1", "namespaces", "monitoring", "pods", "talker", "log")
    with cluster_under_test.connection("victor").stream(
        url, [("follow", "true"), ("tailLines", "1")], accept="*/*"
    ) as chunks:
        received = next(chunks)
        while received.count(b"\n") < 2:
            received += next(chunks)
    assert received.startswith(b"tick ")


def like_talking(server, **container):
    """A pod like real/talking, which on the real cluster is one with a real container."""
    spec = server.get("/api/v1/namespaces/real/pods/talking")["spec"]
    kept = ("nodeSelector", "tolerations", "terminationGracePeriodSeconds", "dnsPolicy", "automountServiceAccountToken")
    fields = ("name", "image", "imagePullPolicy", "command")
    found = {field: value for field, value in spec["containers"][0].items() if field in fields}
    copy = {"containers": [{**found, **container}], **{field: spec[field] for field in kept if field in spec}}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "one"}, "spec": copy}


def test_following_ends_with_the_container(cluster_under_test, namespace):
    pods = f"/api/v1/namespaces/{namespace}/pods"
    cluster_under_test.create(pods, like_talking(cluster_under_test))
    cluster_under_test.wait("running", lambda: cluster_under_test.get(f"{pods}/one")["status"]["phase"] == "Running")
    with cluster_under_test.lines(f"{pods}/one/log?follow=true") as lines:
        first = next(lines)
        threading.Timer(0.2, lambda: cluster_under_test.ask("DELETE", f"{pods}/one")).start()
        found = [first, *lines]
    assert [int(line.split()[1]) for line in found] == list(range(len(found)))


def test_a_container_that_waits_for_its_image_has_no_log(cluster_under_test, namespace):
    pods = f"/api/v1/namespaces/{namespace}/pods"
    image = "registry.example.com/absent/absent:1.0"
    cluster_under_test.create(pods, like_talking(cluster_under_test, name="late", image=image, imagePullPolicy="Never"))

    def refused():
        reply = cluster_under_test.ask("GET", f"{pods}/one/log")
        return reply.code == 400 and "ErrImageNeverPull" in reply.message and reply

    reply = cluster_under_test.wait("the kubelet's look at the image", refused)
    message = 'container "late" in pod "one" is waiting to start: ErrImageNeverPull'
    assert reply.json == status(400, "BadRequest", message)
    shown = ["0/1", "ErrImageNeverPull"]
    cluster_under_test.wait(
        "the status", lambda: cluster_under_test.table(f"{pods}/one")["rows"][0]["cells"][1:3] == shown
    )


def test_the_previous_run_of_a_crashing_container(cluster_under_test):
    worker = pod_of(cluster_under_test, "shop", "worker")
    lines = log(cluster_under_test, f"/api/v1/namespaces/shop/pods/{worker}/log?previous=true")
    assert lines[-1] == "KeyError: 'price'"
    assert "Traceback (most recent call last):" in lines


def test_a_container_that_crashed_still_shows_its_last_run(cluster_under_test):
    def waits():
        status = cluster_under_test.get("/api/v1/namespaces/real/pods/crashing")["status"]
        return "waiting" in status["containerStatuses"][0]["state"]

    cluster_under_test.wait("the back-off", waits)
    url = "/api/v1/namespaces/real/pods/crashing/log"
    # One line went to stdout and one to stderr, which a runtime may read in either order.
    expected = {"about to fail", "fatal: no such table: orders"}
    assert set(log(cluster_under_test, url)) == expected
    assert set(log(cluster_under_test, f"{url}?previous=true")) == expected


def test_no_previous_run(cluster_under_test):
    for name in ("talking", "hungry"):
        reply = cluster_under_test.ask("GET", f"/api/v1/namespaces/real/pods/{name}/log?previous=true")
        assert reply.code == 400
        assert reply.message == f'previous terminated container "{name}" in pod "{name}" not found'


def test_which_of_several_containers(cluster_under_test):
    pod = pod_of(cluster_under_test, "monitoring", "prometheus")
    url = f"/api/v1/namespaces/monitoring/pods/{pod}/log"
    reply = cluster_under_test.ask("GET", url)
    assert reply.code == 400
    assert reply.message == (
        f"a container name must be specified for pod {pod}, choose one of: [prometheus config-reloader]"
    )
    assert cluster_under_test.ask("GET", f"{url}?container=config-reloader&tailLines=1").code == 200
    reply = cluster_under_test.ask("GET", f"{url}?container=absent")
    assert (reply.code, reply.message) == (400, f"container absent is not valid for pod {pod}")


def test_an_init_container_has_a_log(cluster_under_test):
    url = "/api/v1/namespaces/shop/pods/migrations/log"
    assert log(cluster_under_test, f"{url}?container=migrate&tailLines=2")


def test_a_pod_without_a_node_has_none(cluster_under_test):
    reply = cluster_under_test.ask("GET", "/api/v1/namespaces/shop/pods/recommendations/log")
    assert (reply.code, reply.body) == (204, b"")


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("tailLines=-1", 422, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ("sinceSeconds=0", 422, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        ("limitBytes=0", 422, "limitBytes: Invalid value: 0: must be greater than 0"),
        (
            "sinceSeconds=5&sinceTime=2026-01-02T03:04:05Z", 422,
            "[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
        ),
        ("tailLines=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        (
            "sinceTime=2026-01-02", 400,
            'parsing time "2026-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
        ),
    ],
)  # fmt: skip
def test_options_that_cannot_be(cluster_under_test, query, code, message):
    reply = cluster_under_test.ask("GET", f"{TALKER}?{query}")
    assert reply.code == code
    prefix = 'PodLogOptions "talker" is invalid: ' if code == 422 else ""
    assert reply.message == prefix + message


def test_an_absent_pod(cluster_under_test):
    reply = cluster_under_test.ask("GET", "/api/v1/namespaces/shop/pods/absent/log")
    assert (reply.code, reply.message) == (404, 'pods "absent" not found')
