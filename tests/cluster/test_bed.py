"""The test cluster is what the other tests take it for."""

import subprocess

import pytest

from tests.cluster import build
from tests.cluster.bed import Bed
from tests.cluster.populate import STATUSES, statuses, wait

pytestmark = pytest.mark.cluster

SHOP = "/api/v1/namespaces/shop/pods"
CART = "/apis/apps/v1/namespaces/shop/deployments/cart"
MONITORING = "/api/v1/namespaces/monitoring/pods"


def pod_of(bed: Bed, app: str) -> str:
    """The name of a pod of a Deployment in namespace shop."""
    return bed.api().get(f"{SHOP}?labelSelector=app%3D{app}")["items"][0]["metadata"]["name"]


def test_the_server_is_the_version_that_was_built(bed):
    printed = subprocess.run(
        [build.programs(("kube-apiserver",))["kube-apiserver"], "--version"], capture_output=True, text=True, check=True
    )
    assert printed.stdout.split()[-1] == bed.api().get("/version")["gitVersion"]


@pytest.mark.parametrize(("app", "status"), STATUSES.items())
def test_each_state_is_shown_as_kubectl_would(bed, app, status):
    assert statuses(bed.api())[app] == {status}


def test_finished_jobs_leave_their_pods(bed):
    rows = bed.api().table("/api/v1/namespaces/jobs/pods?labelSelector=app%3Dreport")
    assert [row["Status"] for row in rows] == ["Completed"] * 3
    failed = bed.api().table("/api/v1/namespaces/jobs/pods?labelSelector=app%3Dimport")
    assert [row["Status"] for row in failed] == ["Error"]
    jobs = {row["Name"]: row["Status"] for row in bed.api().table("/apis/batch/v1/namespaces/jobs/jobs")}
    assert (jobs["report"], jobs["import"]) == ("Complete", "Failed")


def test_restarts_say_how_many_and_how_long_ago(bed):
    (row,) = [row for row in bed.api().table(SHOP) if row["Name"].startswith("worker-")]
    assert row["Restarts"].startswith("12 (")
    assert row["Restarts"].endswith(" ago)")


def test_the_scheduler_says_why_a_pod_is_pending(bed):
    path = "/api/v1/namespaces/shop/events?fieldSelector=involvedObject.name%3Drecommendations"
    assert any("Insufficient cpu" in item["message"] for item in bed.api().get(path)["items"])


def test_nodes_are_ready_but_for_the_silent_one(bed):
    shown = {row["Name"]: row["Status"] for row in bed.api().table("/api/v1/nodes")}
    assert {name: shown[name] for name in ("harbor-1", "harbor-2", "harbor-3")} == {
        "harbor-1": "Ready",
        "harbor-2": "Ready",
        "harbor-3": "Ready",
    }
    assert shown["harbor-4"].startswith("NotReady")


def test_a_namespace_without_any_pod(bed):
    assert bed.api().get("/api/v1/namespaces/empty/pods")["items"] == []


def test_an_autoscaler_owns_the_api(bed):
    (row,) = bed.api().table("/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers")
    assert (row["Name"], row["Reference"], row["MaxPods"]) == ("api", "Deployment/api", 6)


def test_a_custom_kind_has_its_own_columns(bed):
    rows = bed.api().table("/apis/marina.example.com/v1/namespaces/shop/boats")
    shown = {row["Name"]: (row["Berth"], row["Length"], row["State"], row["Captain"]) for row in rows}
    assert shown == {
        "albatross": ("A-12", 11, "Sailing", "Ada"),
        "kittiwake": ("B-3", 7, "Moored", "Grace"),
        "petrel": ("C-1", 24, "Sailing", None),
    }


def test_previous_logs_end_in_a_stack_trace(bed):
    lines = bed.api().text(f"{SHOP}/{pod_of(bed, 'worker')}/log?previous=true").decode().splitlines()
    assert "Traceback (most recent call last):" in lines
    assert lines[-1] == "KeyError: 'price'"


def test_a_followed_log_goes_on_without_a_gap(bed):
    with bed.api().open("GET", f"{MONITORING}/talker/log?follow=true&tailLines=1") as stream:
        numbers = [int(stream.readline().split()[1]) for _ in range(4)]
    assert numbers == list(range(numbers[0], numbers[0] + 4))


def test_the_tail_of_a_log_has_timestamps_when_asked(bed):
    lines = bed.api().text(f"{MONITORING}/talker/log?tailLines=3&timestamps=true").decode().splitlines()
    assert len(lines) == 3
    stamps = [line.split()[0] for line in lines]
    assert stamps == sorted(set(stamps))
    assert all(stamp.endswith("Z") and len(stamp) == len("2026-01-02T03:04:05.123456789Z") for stamp in stamps)


def test_a_thousand_lines_share_one_timestamp(bed):
    lines = bed.api().text(f"{MONITORING}/burst/log?timestamps=true").decode().splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines] == [f"tick {number}" for number in range(1000)]
    assert len({line.split()[0] for line in lines}) == 1


@pytest.mark.parametrize(
    "octets",
    [
        b"<script>alert('log')</script>",
        b"\x1b[1;31mbold red\x1b[0m",
        b"\x1b[2J\x1b[H",
        b"\x08\x7f\x00\x01",
        b"\xff\xfe invalid \xc3(",
        "\u202egnp.exe".encode(),
        "🚢".encode(),
        "line\u2028separator".encode(),
    ],
)
def test_hostile_octets_come_through_as_they_are(bed, octets):
    assert octets in bed.api().text(f"{MONITORING}/hostile/log")


def test_a_line_of_ten_megabytes(bed):
    lengths = [len(line) for line in bed.api().text(f"{MONITORING}/long-line/log").splitlines()]
    assert lengths == [len(b"tick 0"), 10_000_000, len(b"tick 2")]


def test_scaling_a_slow_deployment_can_be_watched(bed):
    api = bed.api()

    def scale(replicas):
        patch = {"spec": {"replicas": replicas}}
        api.call("PATCH", f"{CART}/scale", patch, content="application/merge-patch+json")

    def available():
        return api.get(CART)["status"].get("availableReplicas", 0)

    scale(3)
    try:
        wait("a third pod that is not ready", lambda: api.get(CART)["status"].get("replicas") == 3)
        assert available() == 2
        wait("three available pods", lambda: available() == 3)
    finally:
        scale(2)
        wait("two pods again", lambda: len(api.get(f"{SHOP}?labelSelector=app%3Dcart")["items"]) == 2)


def test_the_programs_were_started_in_a_folder_with_their_logs(bed):
    names = {file.stem for file in (bed.folder / "logs").glob("*.log")}
    assert {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "issuer"} <= names
