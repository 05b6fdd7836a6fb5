"""The control plane: etcd, API server, controller manager and scheduler, on free loopback ports."""

import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import certificates, issuer, people, processes
from tests.cluster.api import Api, ApiError, certificate_user, write_kubeconfig
from tests.cluster.certificates import Pair

SERVICE_NETWORK = "10.96.0.0/16"
SERVER_HOSTS = (
    "localhost",
    "127.0.0.1",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "10.96.0.1",
)


@dataclass(frozen=True)
class ControlPlane:
    """A running control plane: where it is, what signs its certificates, and who is its administrator."""

    folder: Path
    server: str
    authority: Pair
    admin: Pair
    issuer: issuer.Issuer

    def api(self) -> Api:
        """The API as the administrator sees it."""
        return Api(self.server, self.authority.certificate, self.admin)

    def kubeconfig(self, name: str, user: Pair) -> Path:
        """Write ``kubeconfigs/<name>.yaml`` for a client certificate."""
        path = self.folder / "kubeconfigs" / f"{name}.yaml"
        return write_kubeconfig(path, self.server, self.authority.certificate, certificate_user(user))


def write_pair(folder: Path, name: str, pair: Pair) -> tuple[Path, Path]:
    """Write ``pki/<name>.crt`` and ``pki/<name>.key`` and return both paths."""
    certificate, key = folder / "pki" / f"{name}.crt", folder / "pki" / f"{name}.key"
    certificate.write_text(pair.certificate)
    key.write_text(pair.key)
    key.chmod(0o600)
    return certificate, key


def start(folder: Path, programs: dict[str, Path], *, die_with_parent: bool) -> ControlPlane:
    """Start everything and wait until the API server says that it is ready; raises ProcessFailed."""
    for place in ("pki", "kubeconfigs"):
        (folder / place).mkdir()
    authority = certificates.authority()
    write_pair(folder, "ca", authority)
    accounts_key = folder / "pki" / "service-accounts.key"
    accounts_key.write_text(certificates.signing_key())
    plane = ControlPlane(
        folder=folder,
        server=f"https://127.0.0.1:{processes.free_port()}",
        authority=authority,
        admin=certificates.issue(authority, "admin", ["system:masters"]),
        issuer=start_issuer(folder, authority, die_with_parent),
    )
    etcd = start_etcd(folder, programs["etcd"], die_with_parent)
    start_api_server(plane, programs["kube-apiserver"], etcd, die_with_parent)
    start_controllers(plane, programs, die_with_parent)
    return plane


def start_issuer(folder: Path, authority: Pair, die_with_parent: bool) -> issuer.Issuer:
    """Start the bed's OpenID Connect issuer and wait until it listens."""
    port = processes.free_port()
    tls = certificates.issue(authority, "issuer", hosts=("localhost", "127.0.0.1"))
    bundle, key = folder / "pki" / "issuer-tls.pem", folder / "pki" / "issuer-signing.key"
    bundle.write_text(tls.certificate + tls.key)
    key.write_text(certificates.signing_key())
    command = [sys.executable, "-m", "tests.cluster.issuer", "--port", str(port), "--certificate", bundle, "--key", key]
    process = processes.spawn(folder, "issuer", command, die_with_parent=die_with_parent)
    processes.wait_until(folder, process, lambda: processes.accepts(port))
    return issuer.Issuer(f"https://localhost:{port}", authority.certificate, key.read_text())


def start_etcd(folder: Path, program: Path, die_with_parent: bool) -> str:
    """Start etcd without fsync (its data is thrown away) and return its client URL."""
    client, peer = (f"http://127.0.0.1:{processes.free_port()}" for _ in range(2))
    command = [
        program,
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
        "--quota-backend-bytes=8589934592",
    ]
    process = processes.spawn(folder, "etcd", command, die_with_parent=die_with_parent)
    port = int(client.rpartition(":")[2])
    processes.wait_until(folder, process, lambda: processes.accepts(port))
    return client


def start_api_server(plane: ControlPlane, program: Path, etcd: str, die_with_parent: bool) -> None:
    """Start the API server with RBAC, a static token file for the people, and the bed's issuer for OIDC tokens."""
    folder, pki = plane.folder, plane.folder / "pki"
    server, server_key = write_pair(
        folder, "apiserver", certificates.issue(plane.authority, "kube-apiserver", hosts=SERVER_HOSTS)
    )
    kubelet, kubelet_key = write_pair(
        folder, "kubelet-client", certificates.issue(plane.authority, "kube-apiserver-kubelet", ["system:masters"])
    )
    (pki / "tokens.csv").write_text(people.token_file())
    (pki / "authentication.json").write_text(json.dumps(issuer.authentication_configuration(plane.issuer.trusted)))
    command = [
        program,
        f"--etcd-servers={etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={plane.server.rpartition(':')[2]}",
        f"--tls-cert-file={server}",
        f"--tls-private-key-file={server_key}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--service-account-key-file={pki / 'service-accounts.key'}",
        f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        f"--token-auth-file={pki / 'tokens.csv'}",
        f"--authentication-config={pki / 'authentication.json'}",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        f"--kubelet-client-certificate={kubelet}",
        f"--kubelet-client-key={kubelet_key}",
        "--kubelet-preferred-address-types=InternalIP",
        "--allow-privileged",
        "--endpoint-reconciler-type=none",
        "--max-requests-inflight=1000",
        "--max-mutating-requests-inflight=500",
    ]
    process = processes.spawn(folder, "kube-apiserver", command, die_with_parent=die_with_parent)
    api = plane.api()

    def ready() -> bool:
        with suppress(ApiError, OSError):
            return api.text("/readyz") == b"ok"
        return False

    processes.wait_until(folder, process, ready)


def start_controllers(plane: ControlPlane, programs: dict[str, Path], die_with_parent: bool) -> None:
    """Start the controller manager and the scheduler; they serve no port of their own."""
    pki = plane.folder / "pki"
    users = {
        name: plane.kubeconfig(name, certificates.issue(plane.authority, f"system:{name}"))
        for name in ("kube-controller-manager", "kube-scheduler")
    }
    managed = [
        f"--service-account-private-key-file={pki / 'service-accounts.key'}",
        f"--root-ca-file={pki / 'ca.crt'}",
        "--use-service-account-credentials",
        "--controllers=*",
        "--kube-api-qps=200",
        "--kube-api-burst=300",
    ]
    scheduled = ["--kube-api-qps=500", "--kube-api-burst=1000"]
    for name, options in (("kube-controller-manager", managed), ("kube-scheduler", scheduled)):
        common = [f"--kubeconfig={users[name]}", "--leader-elect=false", "--secure-port=0"]
        command = [programs[name], *common, *options]
        processes.spawn(plane.folder, name, command, die_with_parent=die_with_parent)
