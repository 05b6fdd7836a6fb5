"""What each container image does when it runs: how long it takes to come, to be ready, to fail, and how it talks."""

from dataclasses import dataclass, field

REGISTRY = "registry.example.com"


@dataclass(frozen=True, slots=True)
class Image:
    """How a container of this image behaves. Times in seconds; `runs_for` 0 is for ever; `size` in bytes."""

    voice: str = "plain"
    pull: float = 1.2
    ready_after: float = 1.5
    runs_for: float = 0
    exit_code: int = 0
    exit_reason: str = ""
    stops_in: float = 1.0
    size: int = 38_412_355


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of our own registry: only the tags named here can be pulled."""

    tags: dict[str, Image] = field(default_factory=dict)


_FRONTEND = Image("access", size=23_552_201)
_API = Image("json", pull=2.0, ready_after=2.5, size=61_005_310)
_CART = Image("klog", pull=1.6, ready_after=9.0, size=18_220_004)
_WORKER = Image("celery", ready_after=1.0, size=71_330_912)

REPOSITORIES: dict[str, Repository] = {
    "shop/frontend": Repository({"4.11.0": _FRONTEND, "4.12.0": _FRONTEND, "4.12.1": _FRONTEND}),
    "shop/api": Repository({"2.30.4": _API, "2.31.0": _API}),
    "shop/cart": Repository({"3.2.0": _CART, "3.2.1": _CART}),
    "shop/worker": Repository(
        {
            "1.8.2": _WORKER,
            "1.9.0": Image("celery", ready_after=1.0, runs_for=14.0, exit_code=1, exit_reason="Error", size=71_402_118),
        }
    ),
    "shop/checkout": Repository({"2.6.3": Image("json", size=44_100_872)}),
    "shop/search": Repository({"0.9.1": Image("logfmt", ready_after=3.0, size=92_718_003)}),
    "shop/thumbnails": Repository(
        {"1.0.3": Image("logfmt", runs_for=7.0, exit_code=137, exit_reason="OOMKilled", size=55_301_442)}
    ),
    "shop/recommender": Repository({"5.0.0": Image("json", size=812_004_101)}),
    "shop/importer": Repository({"1.4.0": Image("logfmt", stops_in=2.0, size=31_200_400)}),
    "shop/report": Repository({"1.2.0": Image("report", runs_for=9.0, exit_reason="Completed", size=28_733_190)}),
    "shop/import": Repository(
        {"2.0.1": Image("import", runs_for=4.0, exit_code=1, exit_reason="Error", size=28_733_190)}
    ),
    "shop/backup": Repository({"0.6.0": Image("backup", runs_for=14.0, exit_reason="Completed", size=17_120_887)}),
    "shop/wait-for": Repository({"1.0.0": Image("waiting", pull=0.6, size=2_201_557)}),
    "shop/migrate": Repository({"2.31.0": Image("migration", runs_for=2.5, exit_reason="Completed", size=61_005_310)}),
    "trials/talker": Repository({"1.0": Image("ticks")}),
    "trials/talking": Repository({"1.0": Image("talking")}),
    "trials/hostile": Repository({"1.0": Image("hostile")}),
    "trials/burst": Repository({"1.0": Image("burst")}),
    "trials/long-line": Repository({"1.0": Image("long-line")}),
    "trials/crashing": Repository({"1.0": Image("crashing", runs_for=0.5, exit_code=3, exit_reason="Error")}),
    "trials/hungry": Repository({"1.0": Image("eating", runs_for=2.0, exit_code=137, exit_reason="OOMKilled")}),
    "trials/slow-to-stop": Repository({"1.0": Image("ticks", stops_in=20.0)}),
}

# Images of other registries, by the last part of their name; any tag of them can be pulled.
ELSEWHERE: dict[str, Image] = {
    "postgres": Image("postgres", pull=2.4, ready_after=4.0, stops_in=2.0, size=160_100_931),
    "fluent-bit": Image("fluentbit", size=31_877_202),
    "prometheus": Image("logfmt", ready_after=5.0, size=108_209_115),
    "grafana": Image("logfmt", ready_after=4.0, size=186_370_551),
    "node-exporter": Image("logfmt", size=12_507_344),
    "coredns": Image("coredns", size=22_806_410),
    "kube-proxy": Image("klog", size=31_901_553),
    "kube-apiserver": Image("klog"),
    "kube-controller-manager": Image("klog"),
    "kube-scheduler": Image("klog"),
    "etcd": Image("etcd"),
    "metrics-server": Image("klog", size=22_711_833),
    "traefik": Image("access", size=48_702_113),
}


def image_of(reference: str) -> Image | None:
    """The behaviour of an image by its full reference, or None when there is no such image to pull."""
    name, _, tag = reference.rpartition(":") if ":" in reference.rpartition("/")[2] else (reference, "", "latest")
    if name.startswith(f"{REGISTRY}/"):
        repository = REPOSITORIES.get(name.removeprefix(f"{REGISTRY}/"))
        return repository.tags.get(tag) if repository else None
    return ELSEWHERE.get(name.rpartition("/")[2], Image())
