"""The bed: one running cluster of the tests, its people, and how to start, find again and stop it."""

import atexit
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.cluster import build, certificates, containerlogs, controlplane, kwok, people, populate, processes
from tests.cluster.api import Api
from tests.cluster.certificates import Pair
from tests.cluster.issuer import Issuer

REUSE = "PORTHOLE_TEST_CLUSTER"


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


def default_folder() -> Path:
    """Where ``python -m tests.cluster start`` keeps its cluster."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "porthole" / "bed"


def start(folder: Path, *, die_with_parent: bool) -> Bed:
    """Start a whole cluster in an empty ``folder``; on any failure everything started is stopped again."""
    programs = build.programs()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        bed = _start(folder, programs, die_with_parent)
    except BaseException:
        processes.stop(folder, patience=0.5)
        raise
    (folder / "bed.json").write_text(json.dumps({**asdict(bed), "folder": str(folder)}, default=str))
    return bed


def _start(folder: Path, programs: dict[str, Path], die_with_parent: bool) -> Bed:
    plane = controlplane.start(folder, programs, die_with_parent=die_with_parent)
    containerlogs.start(folder, die_with_parent=die_with_parent)
    kwok.start(plane, programs, die_with_parent=die_with_parent)
    api = plane.api()
    populate.populate(api)
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
    )


def find(folder: Path) -> Bed:
    """The cluster that was started in ``folder``; raises FileNotFoundError when there is none."""
    kept = json.loads((folder / "bed.json").read_text())
    kept |= {"folder": Path(kept["folder"]), "kubeconfig": Path(kept["kubeconfig"])}
    kept |= {"admin": Pair(**kept["admin"]), "signer": Pair(**kept["signer"]), "issuer": Issuer(**kept["issuer"])}
    return Bed(**kept)


def answers(bed: Bed) -> bool:
    """Whether all of the bed's programs run and its API server is ready."""
    if not all(processes.is_running(process) for process in processes.recorded(bed.folder)):
        return False
    try:
        return bed.api().text("/readyz") == b"ok"
    except OSError:
        return False


def stop(folder: Path) -> None:
    """Stop the cluster in ``folder`` and remove the folder; nothing happens when there is none."""
    processes.stop(folder)
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
    (folder / "owner").write_text(f"{os.getpid()} {processes.start_ticks(os.getpid())}")
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
    for owner in Path(tempfile.gettempdir()).glob("porthole-bed-*/owner"):
        pid, ticks = (int(word) for word in owner.read_text().split())
        if processes.start_ticks(pid) != ticks:
            stop(owner.parent)
