"""The bed: one running cluster of the tests, its people, and how to start, find again and stop it."""

import atexit
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tests.cluster import (
    build,
    certificates,
    containerlogs,
    controlplane,
    kwok,
    node,
    people,
    populate,
    processes,
    trust,
)
from tests.cluster.api import Api, ApiError
from tests.cluster.certificates import Pair
from tests.cluster.issuer import Issuer, Trusted

REUSE = "PORTHOLE_TEST_CLUSTER"
OWNER = "owner"  # the file that marks a folder as a bed's, with the pid and start of the process that made it


class NoBed(Exception):
    """There is no running cluster in a folder; the message says what is wrong."""


@dataclass(frozen=True)
class Bed:
    """A running cluster: its address, its certificate authority (PEM) and everybody's credentials."""

    folder: Path
    server: str
    certificate_authority: str
    kubeconfig: Path
    tokens: dict[str, str]
    impersonator_token: str
    admin: Pair
    signer: Pair
    issuer: Issuer
    no_real_node: str

    def api(self, token: str = "") -> Api:
        """The API as the bearer of ``token`` sees it, or as the administrator does."""
        if token:
            return Api(self.server, self.certificate_authority, token=token)
        return Api(self.server, self.certificate_authority, self.admin)

    def client_certificate(self, user: str, *groups: str) -> Pair:
        """A client certificate for this user in these groups."""
        return certificates.issue(self.signer, user, groups)

    def mint(self, person: str, **claims: Any) -> str:
        """An OIDC token of one of the people, as ``Issuer.mint`` makes it."""
        known = {who.name: who for who in people.PEOPLE}[person]
        return self.issuer.mint(known.email, known.groups, **claims)

    def trust(self, *issuers: Trusted) -> AbstractContextManager[None]:
        """A block in which the API server believes these running issuers, too; entering takes 10 to 20 seconds."""
        return trust.trusting(self.folder, self.api(), *issuers)


def default_folder() -> Path:
    """Where ``python -m tests.cluster start`` keeps its cluster."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "porthole" / "bed"


def start(folder: Path, *, die_with_parent: bool) -> Bed:
    """Start a whole cluster in an empty ``folder``; on any failure everything started is stopped again."""
    no_real_node = node.lacking()
    programs = build.programs(tuple(name for name in build.PROGRAMS if name != "kubelet" or not no_real_node))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / OWNER).write_text(f"{os.getpid()} {processes.start_ticks(os.getpid())}")
    try:
        bed = _start(folder, programs, no_real_node, die_with_parent)
    except BaseException:
        processes.stop(folder, patience=0.5)
        node.remove_control_groups(folder)
        raise
    (folder / "bed.json").write_text(json.dumps({**asdict(bed), "folder": str(folder)}, default=str))
    return bed


def _start(folder: Path, programs: dict[str, Path], no_real_node: str, die_with_parent: bool) -> Bed:
    plane = controlplane.start(folder, programs, die_with_parent=die_with_parent)
    containerlogs.start(folder, die_with_parent=die_with_parent)
    if not no_real_node:
        node.start(plane, programs["kubelet"], die_with_parent=die_with_parent)
    kwok.start(plane, programs, die_with_parent=die_with_parent)
    api = plane.api()
    populate.populate(api)
    if not no_real_node:
        populate.populate_real_node(api)
    return Bed(
        folder=folder,
        server=plane.server,
        certificate_authority=plane.authority.certificate,
        kubeconfig=plane.kubeconfig("admin", plane.admin),
        tokens={person.name: person.token for person in people.PEOPLE},
        impersonator_token=populate.token(api, "kube-system", "impersonator"),
        admin=plane.admin,
        signer=plane.authority,
        issuer=plane.issuer,
        no_real_node=no_real_node,
    )


def find(folder: Path) -> Bed:
    """The cluster that runs in ``folder``; raises NoBed when there is none."""
    try:
        kept = json.loads((folder / "bed.json").read_text())
    except FileNotFoundError:
        raise NoBed(f"no cluster runs in {folder}: python -m tests.cluster start") from None
    kept |= {"folder": Path(kept["folder"]), "kubeconfig": Path(kept["kubeconfig"])}
    kept |= {"admin": Pair(**kept["admin"]), "signer": Pair(**kept["signer"]), "issuer": Issuer(**kept["issuer"])}
    if kept.keys() != {field.name for field in fields(Bed)}:
        raise NoBed(f"the cluster in {folder} was started by another version of the bed: stop it and start a new one")
    bed = Bed(**kept)
    dead = [process.name for process in processes.recorded(folder) if not processes.is_running(process)]
    if dead or not answers(bed):
        raise NoBed(f"the cluster in {folder} no longer runs ({', '.join(dead) or 'its API server does not answer'})")
    return bed


def answers(bed: Bed) -> bool:
    """Whether the bed's API server is ready."""
    with suppress(ApiError, OSError):
        return bed.api().text("/readyz") == b"ok"
    return False


def stop(folder: Path) -> None:
    """Stop the cluster in ``folder`` and remove the folder; nothing happens when there is none.

    Raises NoBed, and removes nothing, when the folder holds something else.
    """
    if not folder.exists():
        return
    if not (folder / OWNER).exists() and any(folder.iterdir()):
        raise NoBed(f"{folder} is not empty and not the folder of a test cluster")
    processes.stop(folder)
    node.remove_control_groups(folder)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_bed() -> Iterator[Bed]:
    """A cluster for as long as the block lasts.

    With PORTHOLE_TEST_CLUSTER it is the one that runs in that folder, and it stays; else a new one, which is stopped
    whatever happens. Raises build.BuildFailed where the programs cannot be had.
    """
    kept = os.environ.get(REUSE)
    if kept:
        yield find(Path(kept))
        return
    sweep()
    folder = Path(tempfile.mkdtemp(prefix="porthole-bed-"))
    atexit.register(stop, folder)
    former = signal.signal(signal.SIGTERM, _exit)
    try:
        yield start(folder, die_with_parent=True)
    finally:
        stop(folder)
        atexit.unregister(stop)
        signal.signal(signal.SIGTERM, former)


def _exit(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def sweep() -> None:
    """Remove what test sessions left behind that were killed before they could."""
    for owner in Path(tempfile.gettempdir()).glob(f"porthole-bed-*/{OWNER}"):
        pid, ticks = (int(word) for word in owner.read_text().split())
        if processes.start_ticks(pid) != ticks:
            stop(owner.parent)
