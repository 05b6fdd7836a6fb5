"""The shop: what the demo's people came to look after."""

import base64

from clusters.demo.controllers.jobs import new_job, with_selector
from clusters.demo.world.build import add, change_image, container, deployment, labels_of, service, template
from clusters.demo.world.world import World

CART_ROLLS_EVERY = 420.0


def shop(world: World) -> None:
    """The shop as it was first rolled out, when everything worked."""
    settings = {
        "CURRENCY": "EUR",
        "FEATURE_NEW_CART": "true",
        "LOG_LEVEL": "info",
        "shop.toml": '[shop]\nname = "Harbor Goods"\n',
    }
    add(world, "configmaps", "shop-settings", "shop", data=settings)
    credentials = {
        "username": b"shop",
        "password": b"not-a-real-password",
        "url": b"postgres://shop@database:5432/shop",
    }
    encoded = {key: base64.b64encode(value).decode() for key, value in credentials.items()}
    add(world, "secrets", "database-credentials", "shop", data=encoded, type="Opaque")
    add(world, "serviceaccounts", "worker", "shop")
    environment = [
        {"name": "LOG_LEVEL", "valueFrom": {"configMapKeyRef": {"name": "shop-settings", "key": "LOG_LEVEL"}}},
        {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "database-credentials", "key": "url"}}},
        {"name": "PORT", "value": "8080"},
    ]
    mount = [{"name": "settings", "mountPath": "/etc/shop", "readOnly": True}]
    volumes = [{"name": "settings", "configMap": {"name": "shop-settings", "defaultMode": 420}}]
    deployment(world, "shop", "frontend", 3, [container("frontend", "shop/frontend:4.11.0", port=8080)])
    api = container(
        "api", "shop/api:2.31.0", port=8080, cpu="200m", memory="256Mi", env=environment, volumeMounts=mount
    )
    shipper = container("log-shipper", "docker.io/fluent/fluent-bit:4.1.0", cpu="10m", memory="32Mi")
    migrate = container("migrate", "shop/migrate:2.31.0", env=environment[1:2])
    deployment(world, "shop", "api", 2, [api, shipper], pod={"initContainers": [migrate], "volumes": volumes})
    deployment(world, "shop", "cart", 2, [container("cart", "shop/cart:3.2.0", port=8080)])
    worker = container("worker", "shop/worker:1.8.2", env=environment[:2], memory="128Mi")
    recreate = {"type": "Recreate"}
    deployment(world, "shop", "worker", 1, [worker], strategy=recreate, pod={"serviceAccountName": "worker"})
    checkout = container("checkout", "shop/checkout:2.6.3", port=8080, env=environment)
    deployment(world, "shop", "checkout", 1, [checkout], strategy=recreate)
    _database(world)
    for number, app in enumerate(("frontend", "api", "cart", "checkout")):
        service(world, "shop", app, 80, f"10.96.20.{number + 10}", 8080)
    service(world, "shop", "database", 5432, "10.96.20.32")
    _ingress(world)
    _autoscaler(world)


def second_release(world: World) -> None:
    """The front end's next release, which went well."""
    change_image(world, "shop", "frontend", "shop/frontend:4.12.1")


def bad_worker(world: World) -> None:
    """The worker's next release, which crashes."""
    change_image(world, "shop", "worker", "shop/worker:1.9.0")


def bad_checkout(world: World) -> None:
    """The checkout's next release, whose tag was mistyped."""
    change_image(world, "shop", "checkout", "shop/checkout:2.7.0-rc1")


def cart_rolls(world: World) -> None:
    """Roll the cart over to its other version, and come again."""
    found = world.get("deployments.apps", "shop", "cart")
    if found is not None and not found["spec"].get("paused"):
        image = found["spec"]["template"]["spec"]["containers"][0]["image"]
        change_image(world, "shop", "cart", "shop/cart:3.2.0" if image.endswith("3.2.1") else "shop/cart:3.2.1")
    world.later(CART_ROLLS_EVERY, "cart", cart_rolls)


def nightly(world: World) -> None:
    """A CronJob that runs once a night."""
    report = _job_template("nightly-report", "shop/backup:0.6.0")
    spec = {"schedule": "30 2 * * *", "timeZone": "Etc/UTC", "jobTemplate": {"spec": report}}
    add(world, "cronjobs.batch", "nightly-report", "jobs", spec=spec)


def jobs(world: World) -> None:
    """A CronJob that runs all the time, and two Jobs that were started by hand: one went well, one did not."""
    heartbeat = _job_template("heartbeat", "shop/report:1.2.0")
    add(
        world,
        "cronjobs.batch",
        "heartbeat",
        "jobs",
        spec={"schedule": "*/2 * * * *", "jobTemplate": {"spec": heartbeat}},
    )
    report = {**_job_template("report", "shop/report:1.2.0"), "completions": 3, "parallelism": 3}
    failing = {**_job_template("import", "shop/import:2.0.1"), "backoffLimit": 0}
    for name, spec in (("report", report), ("import", failing)):
        world.put("jobs.batch", with_selector(world, new_job(name, "jobs", spec)))


def _job_template(app: str, image: str) -> dict:
    return {"template": template(app, [container(app, image)], restartPolicy="Never"), "backoffLimit": 2}


def _database(world: World) -> None:
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "8Gi"}},
            "storageClassName": "standard",
            "volumeMode": "Filesystem",
        },
    }
    mounts = [{"name": "data", "mountPath": "/var/lib/postgresql/data"}]
    postgres = container("database", "docker.io/library/postgres:18.1", cpu="250m", memory="512Mi", volumeMounts=mounts)
    postgres["ports"] = [{"containerPort": 5432, "name": "postgres", "protocol": "TCP"}]
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "database"}},
        "serviceName": "database",
        "template": template("database", [postgres]),
        "volumeClaimTemplates": [claim],
    }
    add(world, "statefulsets.apps", "database", "shop", labels=labels_of("database"), spec=spec)


def _ingress(world: World) -> None:
    def path(prefix: str, app: str) -> dict:
        backend = {"service": {"name": app, "port": {"name": "http"}}}
        return {"path": prefix, "pathType": "Prefix", "backend": backend}

    rule = {"host": "shop.example.com", "http": {"paths": [path("/api", "api"), path("/", "frontend")]}}
    spec = {
        "ingressClassName": "traefik",
        "rules": [rule],
        "tls": [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}],
    }
    status = {"loadBalancer": {"ingress": [{"ip": "192.0.2.80"}]}}
    add(world, "ingresses.networking.k8s.io", "shop", "shop", spec=spec, status=status)


def _autoscaler(world: World) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
    }
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 6, "metrics": [metric]}
    add(
        world,
        "horizontalpodautoscalers.autoscaling",
        "api",
        "shop",
        spec=spec,
        status={"currentReplicas": 2, "desiredReplicas": 2},
    )
