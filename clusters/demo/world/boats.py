"""A custom resource: the boats of a marina, with columns of its own."""

from clusters.demo.world.build import add
from clusters.demo.world.clock import stamp
from clusters.demo.world.world import World

GROUP = "marina.example.com"
BOATS = (
    ("albatross", "A-12", 11, "Sailing", "Ingrid"),
    ("kittiwake", "B-3", 7, "Moored", "Tomás"),
    ("petrel", "C-1", 24, "Sailing", "Amara"),
)
COLUMNS = [
    {"name": "Berth", "type": "string", "jsonPath": ".spec.berth", "description": "Where it lies"},
    {"name": "Length", "type": "integer", "jsonPath": ".spec.length", "description": "Metres from bow to stern"},
    {"name": "State", "type": "string", "jsonPath": ".status.state"},
    {"name": "Captain", "type": "string", "jsonPath": ".spec.captain", "priority": 1},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]


def boats(world: World) -> None:
    """The definition and three boats."""
    names = {
        "plural": "boats",
        "singular": "boat",
        "kind": "Boat",
        "listKind": "BoatList",
        "shortNames": ["bt"],
        "categories": ["all"],
    }
    text, number = {"type": "string"}, {"type": "integer"}
    schema = {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "properties": {"berth": text, "length": number, "captain": text}},
            "status": {"type": "object", "properties": {"state": text}},
        },
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
        "additionalPrinterColumns": COLUMNS,
    }
    spec = {
        "group": GROUP,
        "names": names,
        "scope": "Namespaced",
        "versions": [version],
        "conversion": {"strategy": "None"},
    }
    status = {"acceptedNames": names, "storedVersions": ["v1"], "conditions": _conditions(world)}
    add(world, "customresourcedefinitions.apiextensions.k8s.io", f"boats.{GROUP}", spec=spec, status=status)
    for name, berth, length, state, captain in BOATS:
        world.put(
            f"boats.{GROUP}",
            {
                "kind": "Boat",
                "apiVersion": f"{GROUP}/v1",
                "metadata": {"name": name, "namespace": "shop", "generation": 1},
                "spec": {"berth": berth, "length": length, "captain": captain},
                "status": {"state": state},
            },
        )


def _conditions(world: World) -> list[dict]:
    now = stamp(world.now())
    rows = (
        ("NamesAccepted", "NoConflicts", "no conflicts found"),
        ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    )
    return [
        {"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message}
        for kind, reason, message in rows
    ]
