"""Container images made of the machine's static busybox, so that the real node needs no registry."""

import hashlib
import io
import json
import platform
import subprocess
import tarfile
from pathlib import Path

BUSYBOX = Path("/bin/busybox")
IMAGE = "porthole.example/busybox:bed"
PAUSE = "porthole.example/pause:bed"


def layer() -> bytes:
    """A root file system: busybox, a link for each of its programs, and the few files that programs expect."""
    buffer = io.BytesIO()
    applets = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("root", 0o700), ("tmp", 0o1777), ("www", 0o755)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            archive.addfile(entry)
        _add_file(archive, "bin/busybox", BUSYBOX.read_bytes(), 0o755)
        _add_file(archive, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n")
        _add_file(archive, "etc/group", b"root:x:0:\nnogroup:x:65534:\n")
        _add_file(archive, "www/index.html", b"hello from a real container\n")
        for applet in applets:
            if applet != "busybox":
                entry = tarfile.TarInfo(f"bin/{applet}")
                entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(entry)
    return buffer.getvalue()


def _add_file(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def configuration(content: bytes, command: list[str]) -> bytes:
    """An image configuration (OCI image-spec, config.md) of one layer, with a default command."""
    document = {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {"Cmd": command, "Env": ["PATH=/bin"], "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(content).hexdigest()}"]},
    }
    return json.dumps(document).encode()


def write_archive(path: Path) -> None:
    """Write both images as one archive in the format of ``docker save``, for ``ctr images import``."""
    content = layer()
    entries = []
    with tarfile.open(path, mode="w") as archive:
        _add_file(archive, "layer.tar", content)
        for name, command in ((IMAGE, ["sh"]), (PAUSE, ["tail", "-f", "/dev/null"])):
            file = name.partition("/")[2].partition(":")[0] + ".json"
            _add_file(archive, file, configuration(content, command))
            entries.append({"Config": file, "RepoTags": [name], "Layers": ["layer.tar"]})
        _add_file(archive, "manifest.json", json.dumps(entries).encode())
