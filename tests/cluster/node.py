"""One real node beside the simulated ones: a kubelet on its own containerd, in namespaces that end with it.

The programs run in a process and mount namespace of their own: when its first process ends, for whatever reason, the
kernel ends every container and undoes every mount, so nothing is left on the machine but empty control groups.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import certificates, images, processes
from tests.cluster.controlplane import ControlPlane, write_pair

NAME = "harbor-real"
TAINT = {"key": "bed.porthole.example/real", "value": "true", "effect": "NoSchedule"}
NEEDED = ("containerd", "ctr", "runc", "containerd-shim-runc-v2", "unshare", "mount")
CNI = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
# Where the node sees its own folder: a socket's path has 107 characters at most (unix(7)), and a checkout may lie deep.
INSIDE = Path("/run/containerd/bed")
LONGEST_NAME = 100
CONTROL_GROUPS = Path("/sys/fs/cgroup")
PACKAGES = "containerd runc containernetworking-plugins conntrack ethtool busybox-static"


def lacking() -> str:
    """Why this machine cannot run a real node, with the remedy; empty when it can."""
    if os.geteuid() != 0:
        return "a real node needs root"
    absent = [name for name in NEEDED if not shutil.which(name)]
    absent += [] if plugins() else ["CNI plug-ins"]
    absent += [] if images.BUSYBOX.exists() else ["busybox"]
    return f"a real node needs {', '.join(absent)}: apt install {PACKAGES}" if absent else ""


def plugins() -> Path | None:
    """The folder of the CNI plug-ins."""
    return next((folder for folder in CNI if (folder / "ptp").exists()), None)


def containerd_configuration(home: Path) -> str:
    """What containerd reads (config-toml(5), version 2): everything below ``home``, the pause image our own.

    ``restrict_oom_score_adj`` is for machines that lack CAP_SYS_RESOURCE.
    """
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""version = 2
root = "{home}/containerd"
state = "{home}/containerd-state"
[grpc]
  address = "{home}/containerd.sock"
[{cri}]
  sandbox_image = "{images.PAUSE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [{cri}.cni]
    bin_dir = "{plugins()}"
    conf_dir = "{home}/cni"
  [{cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.internal.v1.opt"]
  path = "{home}/opt"
"""


def network_configuration(home: Path) -> dict[str, Any]:
    """A pair of interfaces for each pod, which ends with the pod: no bridge and no rule of the machine's firewall."""
    addresses = {"type": "host-local", "dataDir": f"{home}/addresses", "ranges": [[{"subnet": subnet()}]]}
    pairs = {"type": "ptp", "ipMasq": False, "ipam": {**addresses, "routes": [{"dst": "0.0.0.0/0"}]}}
    return {"cniVersion": "0.4.0", "name": "bed", "plugins": [pairs]}


def subnet() -> str:
    """A network for the node's pods, by chance, for there may be other beds on this machine."""
    return f"10.245.{random.randrange(256)}.0/24"


def kubelet_configuration(home: Path, authority: Path, certificate: Path, key: Path, group: str) -> dict[str, Any]:
    """The kubelet's configuration (kubelet.config.k8s.io/v1beta1), for control groups of version 1 or 2."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": "127.0.0.1",
        "port": processes.free_port(),
        "readOnlyPort": 0,
        "healthzPort": 0,
        "authentication": {"x509": {"clientCAFile": str(authority)}, "anonymous": {"enabled": False}},
        "tlsCertFile": str(certificate),
        "tlsPrivateKeyFile": str(key),
        "containerRuntimeEndpoint": f"unix://{home}/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{group}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "podLogsDir": f"{home}/pod-logs",
        "volumePluginDir": f"{home}/plugins",
        "registerWithTaints": [TAINT],
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "1Mi", "nodefs.available": "0%", "imagefs.available": "0%"},
        "syncFrequency": "10s",
        "nodeStatusReportFrequency": "1m0s",
    }


def control_groups() -> Iterator[Path]:
    """The roots of the control group hierarchies: one of version 2, or several of version 1."""
    if (CONTROL_GROUPS / "cgroup.controllers").exists():
        yield CONTROL_GROUPS
        return
    yield from (path for path in CONTROL_GROUPS.iterdir() if path.is_dir() and not path.is_symlink())


def make_control_groups(folder: Path) -> None:
    """Make the node's own control group in each hierarchy, with what a kubelet wants to find in it.

    In version 2 a controller reaches a group once its parent hands it down (Linux, admin-guide/cgroup-v2); in version 1
    a new group of cpuset is unusable until it has processors and memory (admin-guide/cgroup-v1/cpusets).
    """
    for root in control_groups():
        group = root / group_name(folder)
        group.mkdir(exist_ok=True)
        if (root / "cgroup.subtree_control").exists():
            for controller in (root / "cgroup.controllers").read_text().split():
                (root / "cgroup.subtree_control").write_text(f"+{controller}")
        for name in ("cpuset.cpus", "cpuset.mems"):
            if root.name == "cpuset":
                (group / name).write_text((root / name).read_text())


def group_name(folder: Path) -> str:
    """The control group of the real node of the bed in ``folder``, whose name a file system takes."""
    name = "".join(c if c.isalnum() else "-" for c in str(folder)).strip("-")
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    return f"porthole-{name}"


def start(plane: ControlPlane, program: Path, *, die_with_parent: bool) -> None:
    """Start the real node and return at once; it joins the cluster some seconds later."""
    folder, home = plane.folder, plane.folder / "node"
    for place in (home, home / "cni"):
        place.mkdir()
    (home / "containerd.toml").write_text(containerd_configuration(INSIDE))
    (home / "cni" / "10-bed.conflist").write_text(json.dumps(network_configuration(INSIDE)))
    serving = certificates.issue(plane.authority, NAME, hosts=["127.0.0.1", NAME])
    certificate, key = write_pair(folder, "kubelet", serving)
    kubelet = kubelet_configuration(INSIDE, folder / "pki" / "ca.crt", certificate, key, group_name(folder))
    (home / "kubelet.yaml").write_text(yaml.safe_dump(kubelet))
    plane.kubeconfig("kubelet", certificates.issue(plane.authority, f"system:node:{NAME}", ["system:nodes"]))
    images.write_archive(home / "images.tar")
    own = ["unshare", "--pid", "--mount", "--fork", "--kill-child=KILL", "--mount-proc"]
    command = [*own, sys.executable, "-m", "tests.cluster.node", folder, program]
    processes.spawn(folder, "node", command, die_with_parent=die_with_parent)


def remove_control_groups(folder: Path) -> None:
    """Remove what the kernel keeps of a node that has ended: its empty control groups."""
    for root in control_groups():
        top = root / group_name(folder)
        if top.exists():
            for place in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
                remove_group(place)
            remove_group(top)


def remove_group(place: Path) -> None:
    """Remove one control group, waiting for the kernel to bury its last process."""
    for _ in range(100):
        with suppress(OSError):
            place.rmdir()
            return
        time.sleep(0.02)
    place.rmdir()


def run(folder: Path, kubelet: Path) -> int:
    """Run containerd and the kubelet until one of them ends: the first process of the node's namespaces."""
    home = folder / "node"
    make_control_groups(folder)
    # Paths that the shim and the kubelet do not let one choose: hidden from the machine by file systems in memory.
    for place in ("/run/containerd", "/var/log/containers"):
        Path(place).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
    INSIDE.mkdir()
    subprocess.run(["mount", "--bind", home, INSIDE], check=True)
    with processes.log_path(folder, "containerd").open("ab") as log:
        containerd = subprocess.Popen(["containerd", "--config", INSIDE / "containerd.toml"], stdout=log, stderr=log)
    import_images(INSIDE)
    command: list[str | Path] = [
        kubelet,
        f"--config={INSIDE / 'kubelet.yaml'}",
        f"--kubeconfig={folder / 'kubeconfigs' / 'kubelet.yaml'}",
        f"--root-dir={INSIDE / 'kubelet'}",
        f"--cert-dir={INSIDE / 'kubelet-pki'}",
        f"--hostname-override={NAME}",
        "--node-ip=127.0.0.1",
        "--node-labels=type=real",
    ]
    with processes.log_path(folder, "kubelet").open("ab") as log:
        agent = subprocess.Popen(command, stdout=log, stderr=log)
    # As the first process it inherits, and must bury, whatever the shims leave behind.
    while True:
        pid, status = os.wait()
        if pid in (containerd.pid, agent.pid):
            name = "containerd" if pid == containerd.pid else "kubelet"
            print(f"{name} ended with status {os.waitstatus_to_exitcode(status)}", file=sys.stderr)
            return 1


def import_images(home: Path) -> None:
    """Import the images as soon as containerd answers; raises CalledProcessError after half a minute."""
    ctr: list[str | Path] = ["ctr", "--address", home / "containerd.sock", "--namespace", "k8s.io"]
    deadline = time.monotonic() + 30
    while subprocess.run([*ctr, "version"], capture_output=True).returncode and time.monotonic() < deadline:
        time.sleep(0.1)
    subprocess.run([*ctr, "images", "import", home / "images.tar"], check=True)


def main() -> int:
    """Run the node's programs; started by ``start`` in namespaces of its own."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("kubelet", type=Path)
    options = parser.parse_args()
    return run(options.folder, options.kubelet)


if __name__ == "__main__":
    sys.exit(main())
