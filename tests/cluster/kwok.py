"""kwok: the simulated nodes, what happens to pods on them, and where their logs and commands come from."""

from pathlib import Path
from typing import Any

import yaml

from tests.cluster import certificates, processes
from tests.cluster.containerlogs import LOGS
from tests.cluster.controlplane import ControlPlane, write_pair

WORLD = Path(__file__).parent / "world"
STATE = "bed.porthole.example/state"
HOLD = "bed.porthole.example/hold"
FAKE_NODE = ("kwok.x-k8s.io/node", "fake")


def stages(folder: Path) -> list[dict[str, Any]]:
    """The stages of kwok for ordinary nodes and pods, and the bed's for pods with the annotation ``STATE``.

    A pod with ``STATE`` is never touched by kwok's ready and complete stages; one with ``HOLD`` is never finished off.
    """
    found = [stage for file in sorted(folder.glob("*.yaml")) for stage in yaml.safe_load_all(file.read_text())]
    barred = {"pod-ready": STATE, "pod-complete": STATE, "pod-delete": HOLD}
    for stage in found:
        annotation = barred.get(stage["metadata"]["name"])
        if annotation:
            rule = {"key": f'.metadata.annotations["{annotation}"]', "operator": "DoesNotExist"}
            stage["spec"]["selector"]["matchExpressions"].append(rule)
    return [*found, *yaml.safe_load_all((WORLD / "stages.yaml").read_text())]


def logs(folder: Path) -> dict[str, Any]:
    """Which file each container's logs are read from: one file for each container name, for all its pods."""
    entries = []
    for name, log in LOGS.items():
        entry: dict[str, Any] = {"containers": [name], "logsFile": str(folder / f"{name}.log"), "follow": log.grows}
        if log.previous:
            entry["previousLogsFile"] = str(folder / f"{name}.previous.log")
        entries.append(entry)
    entries.append({"logsFile": str(folder / "quiet.log"), "follow": False})
    return _cluster_wide("ClusterLogs", {"logs": entries})


def commands(folder: Path) -> dict[str, Any]:
    """Any command executed in a container runs on this machine, in a folder of its own and with a few variables."""
    local = {
        "workDir": str(folder),
        "envs": [{"name": "PATH", "value": "/bin:/usr/bin"}, {"name": "PS1", "value": "$ "}],
    }
    return _cluster_wide("ClusterExec", {"execs": [{"local": local}]})


def _cluster_wide(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": kind, "metadata": {"name": "bed"}, "spec": spec}


def start(plane: ControlPlane, programs: dict[str, Path], *, die_with_parent: bool) -> None:
    """Start kwok for the nodes that carry its annotation, with the log files in ``container-logs``."""
    folder = plane.folder
    workdir = folder / "exec"
    workdir.mkdir()
    documents = [*stages(programs["stages"]), logs(folder / "container-logs"), commands(workdir)]
    configuration = folder / "kwok.yaml"
    configuration.write_text(yaml.safe_dump_all(documents))
    certificate, key = write_pair(folder, "kwok", certificates.issue(plane.authority, "kwok", hosts=["127.0.0.1"]))
    user = plane.kubeconfig("kwok", certificates.issue(plane.authority, "kwok-admin", ["system:masters"]))
    port = processes.free_port()
    command = [
        programs["kwok"],
        f"--kubeconfig={user}",
        f"--config={configuration}",
        f"--manage-nodes-with-annotation-selector={'='.join(FAKE_NODE)}",
        "--node-ip=127.0.0.1",
        f"--node-port={port}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        "--cidr=10.244.0.0/16",
        "--node-lease-duration-seconds=40",
    ]
    process = processes.spawn(folder, "kwok", command, die_with_parent=die_with_parent)
    processes.wait_until(folder, process, lambda: processes.accepts(port))
