"""The names that controllers make up: template hashes and random endings."""

import hashlib

import msgspec

from clusters.demo.world.world import World

# Kubernetes' own alphabet: no vowels, so no words (k8s.io/apimachinery/pkg/util/rand).
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def ending(world: World, length: int = 5) -> str:
    """A random ending for a generated name."""
    return "".join(world.random.choices(ALPHABET, k=length))


def template_hash(template: object, length: int = 10) -> str:
    """The pod-template-hash of a pod template: the same template gives the same hash."""
    digest = hashlib.blake2b(msgspec.json.encode(template, order="deterministic"), digest_size=length).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest)


def owner_reference(owner: dict) -> dict:
    """The ownerReferences entry of what a controller makes."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: dict) -> dict | None:
    """The ownerReferences entry that controls an object."""
    return next((owner for owner in obj["metadata"].get("ownerReferences") or () if owner.get("controller")), None)
