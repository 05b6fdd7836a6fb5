"""The world at its start is believable, and the same each time."""

from clusters.demo.world.clock import ManualClock, moment
from clusters.demo.world.story import begin
from tests.demo.looking import pod_named, words


def test_the_shop_at_the_start(world):
    found = {name.rpartition("-")[0].rpartition("-")[0] or name: cells[1:3] for name, cells in words(world).items()}
    assert found["frontend"] == ["1/1", "Running"]
    assert found["api"] == ["2/2", "Running"]
    assert found["worker"] == ["0/1", "CrashLoopBackOff"]
    assert found["checkout"] == ["0/1", "ImagePullBackOff"]
    assert words(world)["database-0"][1:3] == ["1/1", "Running"]
    assert words(world, "nodes", "")["harbor-4"][1] == "NotReady"
    assert words(world, "deployments.apps")["frontend"][1] == "3/3"
    assert words(world, "horizontalpodautoscalers.autoscaling")["api"][1] == "Deployment/api"


def test_the_same_seed_and_moment_give_the_same_world():
    first, second, other = begin(ManualClock()), begin(ManualClock()), begin(ManualClock(), seed="another")
    for key, shelf in first.store.shelves.items():
        assert shelf.objects == second.store.shelves[key].objects
    assert list(first.items("pods")) != list(other.items("pods"))


def test_ages_reach_back_and_never_into_the_future(world):
    stamps = [moment(pod["metadata"]["creationTimestamp"]) for pod in world.items("pods")]
    assert max(stamps) <= world.now()
    assert world.now() - min(stamps) > 30 * 86400


def test_what_belongs_to_whom(world):
    api = world.get("deployments.apps", "shop", "api")
    [replica_set] = world.owned(api, "replicasets.apps")
    pods = world.owned(replica_set, "pods")
    assert len(pods) == api["spec"]["replicas"]
    pod = pods[0]
    assert [container["name"] for container in pod["spec"]["containers"]] == ["api", "log-shipper"]
    [migrate] = pod["status"]["initContainerStatuses"]
    assert migrate["state"]["terminated"]["reason"] == "Completed"


def test_every_service_finds_its_pods(world):
    for service in world.items("services", "shop"):
        selector = service["spec"]["selector"]
        pods = [pod for pod in world.items("pods", "shop") if selector.items() <= pod["metadata"]["labels"].items()]
        assert pods, service["metadata"]["name"]


def test_troubles_say_why(world):
    checkout = pod_named(world, "checkout")["status"]["containerStatuses"][0]["state"]["waiting"]
    assert "registry.example.com/shop/checkout:2.7.0-rc1: not found" in checkout["message"]
    worker = pod_named(world, "worker")["status"]["containerStatuses"][0]
    message = worker["state"]["waiting"]["message"]
    assert message.startswith("back-off 5m0s restarting failed container=worker pod=worker-")
    assert worker["lastState"]["terminated"]["exitCode"] == 1
    assert worker["restartCount"] > 20
    pending = pod_named(world, "recommendations")["status"]["conditions"][0]
    assert pending["reason"] == "Unschedulable"
    assert pending["message"].startswith("0/4 nodes are available: ")
    found = world.get("deployments.apps", "shop", "checkout")
    conditions = {one["type"]: one for one in found["status"]["conditions"]}
    assert conditions["Progressing"]["reason"] == "ProgressDeadlineExceeded"
    assert conditions["Available"]["status"] == "False"


def test_recent_events_only(world):
    seen = [moment(event["lastTimestamp"]) for event in world.items("events")]
    assert seen
    assert world.now() - min(seen) <= 3600
    backs_off = [event for event in world.items("events", "shop") if event["reason"] == "BackOff"]
    assert max(event["count"] for event in backs_off) > 5


def test_a_crowd_is_running_and_owned():
    world = begin(ManualClock(), pods=1100)
    pods = list(world.items("pods", "load"))
    assert len(pods) == 1100
    assert len({pod["metadata"]["uid"] for pod in pods}) == 1100
    found = words(world, "deployments.apps", "load")
    assert [found[name][1] for name in sorted(found)] == ["250/250"] * 4 + ["100/100"]
    per_node = [pod["spec"]["nodeName"] for pod in pods]
    assert max(per_node.count(node) for node in set(per_node)) <= 500
    world.advance(600)
    assert len(list(world.items("pods", "load"))) == 1100
