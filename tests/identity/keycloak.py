"""A real Keycloak on loopback: started from a prepared database, and told by its admin API what a test needs."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.cluster import certificates, processes
from tests.identity import build, realm

ADMIN = {"username": "admin", "password": "admin of a throw-away realm"}
HOSTS = ("localhost", "127.0.0.1")
PATIENCE = 120  # seconds; a second suffices where nothing else runs, but not for a new realm on a busy machine
# Keycloak's own options for small machines: a short start matters more than a fast hundredth request.
JAVA = "-Xms64m -Xmx384m -XX:MaxMetaspaceSize=256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError"
OPENED = ("java.util", "java.util.concurrent", "java.security", "java.lang")
FACTORY = "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"


@dataclass(frozen=True)
class Keycloak:
    """A running Keycloak; ``authority_file`` holds the certificate of who signed its own."""

    folder: Path
    url: str
    authority: certificates.Pair
    authority_file: Path

    @property
    def issuer(self) -> str:
        """The realm's issuer, as its discovery names it."""
        return f"{self.url}/realms/{realm.NAME}"

    def endpoint(self, name: str) -> str:
        """An endpoint of the realm: ``auth``, ``token``, ``logout``, ``revoke``, ``userinfo`` or ``certs``."""
        return f"{self.issuer}/protocol/openid-connect/{name}"

    def session(self) -> requests.Session:
        """A caller that believes this Keycloak, whatever certificates and proxies the environment names."""
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.authority_file)
        return session

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Call the admin API: ``path`` is below /admin/realms; returns the decoded answer, None where it is empty."""
        with self.session() as session:
            form = {"grant_type": "password", "client_id": "admin-cli", **ADMIN}
            answer = session.post(f"{self.url}/realms/master/protocol/openid-connect/token", form, timeout=PATIENCE)
            answer.raise_for_status()
            bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            url = f"{self.url}/admin/realms{path}"
            answer = session.request(method, url, json=body, headers=bearer, timeout=PATIENCE)
            assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
            return answer.json() if answer.content else None

    def register(self, client: Mapping[str, Any]) -> None:
        """Add a client, or put this in the place of the one of the same id."""
        clients = f"/{realm.NAME}/clients"
        for former in self.admin("GET", f"{clients}?clientId={client['clientId']}"):
            self.admin("DELETE", f"{clients}/{former['id']}")
        self.admin("POST", clients, client)

    def user(self, name: str) -> dict[str, Any]:
        """A user's representation; its id is the ``sub`` of their tokens."""
        return self.admin("GET", f"/{realm.NAME}/users?exact=true&username={name}")[0]

    def end_sessions(self, name: str) -> None:
        """Sign a user out everywhere, as an administrator does."""
        self.admin("POST", f"/{realm.NAME}/users/{self.user(name)['id']}/logout")

    def token(self, client: Mapping[str, Any], **form: str) -> tuple[int, dict[str, Any]]:
        """The token endpoint's status and answer for a form in the name of ``client``."""
        own = {"client_id": client["clientId"], "client_secret": client["secret"]}
        with self.session() as session:
            answer = session.post(self.endpoint("token"), {**own, **form}, timeout=PATIENCE)
            return answer.status_code, answer.json()

    def tokens(self, client: Mapping[str, Any], person: str, scope: str = "openid email profile") -> dict[str, Any]:
        """A new session's tokens for a person, by password: the client has to allow direct grants."""
        status, answer = self.token(
            client, grant_type="password", username=person, password=realm.PASSWORD, scope=scope
        )
        assert status == 200, answer
        return answer


def command(home: Path, arguments: Sequence[object]) -> list[object]:
    """Java itself with what kc.sh would give it: the script would stand between us and the process that we end."""
    program = build.made("keycloak")
    return [
        build.needed("java", "default-jre-headless"),
        *JAVA.split(),
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED),
        "-Duser.language=en",
        "-Duser.country=US",
        "-Dfile.encoding=UTF-8",
        f"-Djava.util.concurrent.ForkJoinPool.common.threadFactory={FACTORY}",
        f"-Dkc.home.dir={home}",
        f"-Djboss.server.config.dir={home / 'conf'}",
        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
        "-Dpicocli.disable.closures=true",
        "-cp",
        program / "lib" / "quarkus-run.jar",
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
        *arguments,
    ]


def start(folder: Path, authority: certificates.Pair, database: Path | None, *, die_with_parent: bool) -> Keycloak:
    """Start Keycloak in ``folder`` on free ports and wait until it answers; raises ProcessFailed, BuildFailed."""
    program, home = build.made("keycloak"), folder / "keycloak"
    home.mkdir(parents=True)
    for part in ("bin", "conf", "lib", "providers", "themes", "version.txt"):
        (home / part).symlink_to(program / part)
    (home / "data").mkdir()
    if database:
        shutil.copytree(database, home / "data" / "h2")
    tls = certificates.issue(authority, "keycloak", hosts=HOSTS)
    for name, text in (("ca.crt", authority.certificate), ("tls.crt", tls.certificate), ("tls.key", tls.key)):
        (folder / name).write_text(text)
    port, management = processes.free_port(), processes.free_port()
    running = Keycloak(folder, f"https://localhost:{port}", authority, folder / "ca.crt")
    arguments = [
        "start",
        "--optimized",
        "--cache=local",
        "--http-host=127.0.0.1",
        f"--https-port={port}",
        f"--https-certificate-file={folder / 'tls.crt'}",
        f"--https-certificate-key-file={folder / 'tls.key'}",
        f"--hostname={running.url}",
        f"--http-management-port={management}",
        "--http-management-scheme=http",
        f"--truststore-paths={folder / 'ca.crt'}",  # of the clients that it tells of a sign-out
    ]
    environment = {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN["username"], "KC_BOOTSTRAP_ADMIN_PASSWORD": ADMIN["password"]}
    process = processes.spawn(
        folder, "keycloak", command(home, arguments), die_with_parent=die_with_parent, environment=environment
    )
    processes.wait_until(folder, process, lambda: answers(running), seconds=300)
    return running


def answers(running: Keycloak) -> bool:
    """Whether the master realm's discovery is served; for a while after Keycloak listens it is not."""
    with running.session() as session:
        try:
            return session.get(f"{running.url}/realms/master/.well-known/openid-configuration", timeout=5).ok
        except (requests.ConnectionError, requests.Timeout):
            return False


def database() -> Path:
    """A database that Keycloak has set up already, which takes it half a minute; kept in the cache."""
    return build.kept("keycloak-database", prepare) / "h2"


def prepare(folder: Path) -> None:
    """Let a new Keycloak make its database, and keep that."""
    with tempfile.TemporaryDirectory(prefix="porthole-keycloak-", ignore_cleanup_errors=True) as place:
        try:
            start(Path(place), certificates.authority(), None, die_with_parent=True)
        finally:
            processes.stop(Path(place), patience=30)
        shutil.copytree(Path(place) / "keycloak" / "data" / "h2", folder / "h2")


@contextmanager
def running_keycloak(authority: certificates.Pair) -> Iterator[Keycloak]:
    """A Keycloak with the tests' realm for as long as the block lasts; it is stopped whatever happens."""
    prepared = database()
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"porthole-identity-{os.getpid()}-"))
    try:
        running = start(folder, authority, prepared, die_with_parent=True)
        running.admin("POST", "", realm.document())
        yield running
    finally:
        processes.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of test sessions that were killed; their Keycloak ended with them."""
    for folder in Path(tempfile.gettempdir()).glob("porthole-identity-*-*"):
        if not processes.start_ticks(int(folder.name.split("-")[2])):
            shutil.rmtree(folder, ignore_errors=True)
