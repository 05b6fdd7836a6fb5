"""The world moves as its controllers say, when the clock is turned."""

from itertools import pairwise

import pytest

from clusters.demo.world.build import change_image
from clusters.demo.world.clock import moment
from tests.demo.looking import log, pod_named, words


def states(world, app):
    return {cells[2] for name, cells in words(world).items() if name.startswith(f"{app}-")}


def restarts(world):
    return pod_named(world, "worker")["status"]["containerStatuses"][0]["restartCount"]


def scale(world, name, replicas):
    found = world.get("deployments.apps", "shop", name)
    metadata = {**found["metadata"], "generation": found["metadata"]["generation"] + 1}
    world.put("deployments.apps", {**found, "metadata": metadata, "spec": {**found["spec"], "replicas": replicas}})


def test_scaling_goes_through_pending_and_creating_to_running(world):
    before = set(words(world))
    scale(world, "frontend", 4)
    seen = []
    for _ in range(60):
        world.advance(0.1)
        new = [cells[2] for name, cells in words(world).items() if name not in before]
        seen += [word for word in new if word not in seen]
    assert seen == ["Pending", "ContainerCreating", "Running"]
    assert words(world, "deployments.apps")["frontend"][1:4] == ["4/4", 4, 4]


def test_scaling_down_takes_the_youngest(world):
    scale(world, "frontend", 5)
    world.advance(20)
    old = {name for name, cells in words(world).items() if name.startswith("frontend-") and cells[4].startswith("5d")}
    scale(world, "frontend", 3)
    world.advance(0.5)
    assert states(world, "frontend") == {"Running", "Terminating"}
    world.advance(20)
    after = {name for name in words(world) if name.startswith("frontend-")}
    assert after == old


def test_the_worker_crashes_again_and_again_five_minutes_apart(world):
    before = restarts(world)
    world.advance(3600)
    # 300 s of back-off and 14 s of work, and the pauses between.
    assert restarts(world) - before in (11, 12)
    status = pod_named(world, "worker")["status"]["containerStatuses"][0]
    ended = status["lastState"]["terminated"]
    assert moment(ended["finishedAt"]) - moment(ended["startedAt"]) == pytest.approx(14, abs=1)


def test_the_good_tag_heals_the_worker(world):
    change_image(world, "shop", "worker", "shop/worker:1.8.2")
    world.advance(15)
    assert states(world, "worker") == {"Running"}
    assert words(world, "deployments.apps")["worker"][1] == "1/1"


def test_a_tag_that_does_not_exist_cannot_be_pulled(world):
    change_image(world, "shop", "frontend", "shop/frontend:9.9.9")
    seen = set()
    for _ in range(40):
        world.advance(0.5)
        seen |= states(world, "frontend")
    assert {"ErrImagePull", "ImagePullBackOff"} <= seen
    # The old pods stay: 25% of three may be unavailable, which is none.
    assert words(world, "deployments.apps")["frontend"][1] == "3/3"
    world.advance(700)
    found = world.get("deployments.apps", "shop", "frontend")
    conditions = {one["type"]: one for one in found["status"]["conditions"]}
    progressing = conditions["Progressing"]
    assert (progressing["status"], progressing["reason"]) == ("False", "ProgressDeadlineExceeded")


def test_the_cart_rolls_over_now_and_then_without_an_outage(world):
    images, partly = set(), False
    for _ in range(120):
        world.advance(10)
        found = world.get("deployments.apps", "shop", "cart")
        images.add(found["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2])
        status = found["status"]
        partly = partly or status.get("updatedReplicas", 0) < 2
        assert status["availableReplicas"] >= 2
    assert images == {"3.2.0", "3.2.1"}
    assert partly


def test_the_autoscaler_follows_the_tide_within_its_bounds(world):
    sizes = []
    for _ in range(100):
        world.advance(30)
        sizes.append(world.get("deployments.apps", "shop", "api")["spec"]["replicas"])
    assert (min(sizes), max(sizes) <= 6) == (2, True)
    assert max(sizes) >= 4
    assert {abs(later - earlier) for earlier, later in pairwise(sizes)} <= {0, 1}
    events = [
        one for one in world.items("events", "shop") if one["involvedObject"]["kind"] == "HorizontalPodAutoscaler"
    ]
    assert {event["reason"] for event in events} == {"SuccessfulRescale"}


def test_cron_jobs_run_complete_and_are_tidied(world):
    def beats(resource):
        found = words(world, resource, "jobs")
        return {name: cells for name, cells in found.items() if name.startswith("heartbeat-")}

    before = set(beats("jobs.batch"))
    world.advance(600)
    after = beats("jobs.batch")
    assert before
    assert not before & set(after)
    assert {cells[1] for cells in after.values()} <= {"Complete", "Running"}
    assert len(after) <= 4
    complete = [cells for cells in after.values() if cells[1] == "Complete"]
    assert {cells[2] for cells in complete} == {"1/1"}
    pods = beats("pods")
    assert len(pods) == len(after)
    assert "Completed" in {cells[2] for cells in pods.values()}


def test_hours_later_the_world_is_no_larger(world):
    def size():
        return {key: len(shelf.objects) for key, shelf in world.store.shelves.items()}

    world.advance(3600)
    before, memories = size(), len(world.memory)
    world.advance(4 * 3600)
    after = size()
    for key, count in before.items():
        assert after[key] <= count + 10 + count // 3, key
    assert len(world.memory) < memories + 100
    assert len(world.store.changes) <= 4096


def test_when_nobody_looks_little_happens(world):
    version = world.store.version
    world.advance(3600)
    # Under one write a second, most of them by the cron job and its pods.
    assert world.store.version - version < 3600


def test_previous_logs_end_in_the_trace_and_fit_the_run(world):
    pod = pod_named(world, "worker")
    lines = log(world, pod, previous="true", timestamps="true")
    ended = pod["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert lines[-1].endswith("KeyError: 'price'")
    first, last = (moment(line.partition(" ")[0]) for line in (lines[0], lines[-1]))
    assert moment(ended["startedAt"]) <= first <= last <= moment(ended["finishedAt"]) + 1
