"""Build the programs of the test cluster from their Go modules, once, into a cache folder outside the clone."""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

GO = Path(__file__).parent / "go"
KUBERNETES_VERSION = "v1.37.2"

PROGRAMS = {
    "etcd": ("kubernetes", "go.etcd.io/etcd/server/v3"),
    "kwok": ("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
    "kube-scheduler": ("kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler"),
    "kube-controller-manager": ("kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager"),
    "kube-apiserver": ("kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver"),
    "kubelet": ("kubernetes", "k8s.io/kubernetes/cmd/kubelet"),
}
# kwok's stages are files of its module: what simulated nodes and pods do, and when.
STAGES = ("kustomize/stage/node/fast", "kustomize/stage/node/heartbeat-with-lease", "kustomize/stage/pod/fast")


class BuildFailed(Exception):
    """A program is neither in the cache nor can it be built; the message says what to install."""


def cache_folder() -> Path:
    """The folder of the built programs, keyed by what they are built from (go.mod and go.sum of both modules)."""
    digest = hashlib.sha256()
    for module in sorted(GO.iterdir()):
        for name in ("go.mod", "go.sum", "programs.go"):
            digest.update((module / name).read_bytes())
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "porthole" / "cluster" / digest.hexdigest()[:16]


def version_flags() -> str:
    """Linker flags that make the programs report the version they were built from, without debug symbols."""
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    package = "k8s.io/component-base/version"
    values = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return "-s -w " + " ".join(f"-X {package}.{name}={value}" for name, value in values.items())


def build_program(name: str, folder: Path) -> Path:
    """Build one program into ``folder`` unless it is there; raises BuildFailed with what is missing."""
    target = folder / name
    if target.exists():
        return target
    if not shutil.which("go"):
        raise BuildFailed(f"{name} is not built yet and Go is not installed: install Go 1.26 or set KUBEBUILDER_ASSETS")
    module, package = PROGRAMS[name]
    partial = target.with_suffix(".partial")
    print(f"building {name} (once; kept in {folder})", file=sys.stderr, flush=True)
    command = ["go", "build", "-trimpath", "-ldflags", version_flags(), "-o", str(partial), package]
    result = subprocess.run(command, cwd=GO / module, env={**os.environ, "CGO_ENABLED": "0"})
    if result.returncode:
        raise BuildFailed(f"go build {package} failed with exit code {result.returncode}")
    partial.rename(target)
    return target


def copy_stages(folder: Path) -> Path:
    """Copy kwok's stage files out of its module, so that later starts need no Go."""
    target = folder / "stages"
    if target.exists():
        return target
    command = ["go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"]
    listing = subprocess.run(command, cwd=GO / "kwok", capture_output=True, text=True, check=True)
    partial = folder / "stages.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for place in STAGES:
        for source in sorted((Path(listing.stdout.strip()) / place).glob("*.yaml")):
            if source.name != "kustomization.yaml":
                shutil.copyfile(source, partial / f"{place.replace('/', '-')}-{source.name}")
    partial.rename(target)
    return target


def programs(names: tuple[str, ...] = tuple(PROGRAMS)) -> dict[str, Path]:
    """Paths of the programs by name (``stages`` is the folder of kwok's stage files), built where absent.

    KUBEBUILDER_ASSETS (envtest's convention) is looked at first, for the programs that it holds.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    found = {}
    for name in names:
        given = Path(assets) / name if assets else None
        found[name] = given if given and given.exists() else build_program(name, folder)
    if "kwok" in names:
        found["stages"] = copy_stages(folder)
    return found


def main() -> int:
    """Build what is absent and print where each program is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="program", help=f"default: all of {', '.join(PROGRAMS)}")
    names = parser.parse_args().names or list(PROGRAMS)
    try:
        for name, path in programs(tuple(names)).items():
            print(f"{name}\t{path}")
    except BuildFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
