"""Many pods at once, for trials with a large cluster: born running, in Deployments of 250 over nodes of 500."""

from clusters.demo.controllers import statuses
from clusters.demo.controllers.deployments import reconcile as reconcile_deployment
from clusters.demo.controllers.names import ALPHABET
from clusters.demo.controllers.pods import new_pod
from clusters.demo.world.build import add, container, deployment
from clusters.demo.world.clock import stamp
from clusters.demo.world.platform import node
from clusters.demo.world.world import World

NAMESPACE = "load"
EACH, PER_NODE = 250, 500


def arrive(world: World, pods: int) -> None:
    """Add that many running pods."""
    add(world, "namespaces", NAMESPACE, labels={"kubernetes.io/metadata.name": NAMESPACE})
    nodes = [
        node(world, f"load-{number:03d}", 100 + number)["metadata"]["name"] for number in range(-(-pods // PER_NODE))
    ]
    for number in range(-(-pods // EACH)):
        count = min(EACH, pods - number * EACH)
        app = f"load-{number:03d}"
        deployment(
            world, NAMESPACE, app, count, [container(app, "docker.io/library/nginx:1.29", cpu="1m", memory="8Mi")]
        )
        reconcile_deployment(world, NAMESPACE, app)
        found = world.get("deployments.apps", NAMESPACE, app)
        if found is None:
            raise LookupError(app)
        [replica_set] = world.owned(found, "replicasets.apps")
        template = replica_set["spec"]["template"]
        first = new_pod(template, NAMESPACE, "first", replica_set)
        for index in range(count):
            _born_running(
                world,
                first,
                f"{replica_set['metadata']['name']}-{_ending(index)}",
                nodes[(number * EACH + index) % len(nodes)],
            )


def _born_running(world: World, pattern: dict, name: str, node_name: str) -> None:
    now = world.now()
    metadata = {**pattern["metadata"], "name": name}
    spec = {**pattern["spec"], "nodeName": node_name}
    address = world.next_address({"spec": spec})
    main = spec["containers"][0]
    ready = {**statuses.running(statuses.waiting(main, "ContainerCreating"), name, now), "ready": True}
    pod = {**pattern, "metadata": metadata, "spec": spec, "status": {"phase": "Running"}}
    found = statuses.with_status(
        pod,
        now,
        startTime=stamp(now),
        hostIP="192.0.2.200",
        podIP=address,
        podIPs=[{"ip": address}],
        qosClass="Burstable",
        containerStatuses=[ready],
    )
    world.put("pods", found)


def _ending(number: int) -> str:
    letters = ""
    for _ in range(5):
        number, index = divmod(number * 7 + 3, len(ALPHABET))
        letters += ALPHABET[index]
    return letters
