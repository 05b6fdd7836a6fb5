"""Who can sign in at the provider."""

from dataclasses import dataclass, field
from typing import Any

PASSWORD = "open sesame"


@dataclass
class Person:
    """Somebody with an account; ``claims`` is what the provider knows of them, and tests change it as they like."""

    name: str
    subject: str
    claims: dict[str, Any] = field(default_factory=dict)
    password: str = PASSWORD


def person(name: str, **claims: Any) -> Person:
    """A person with a verified e-mail address, a name and groups; further ``claims`` are added or take their place."""
    usual = {
        "email": f"{name}@example.com",
        "email_verified": True,
        "name": name.title(),
        "preferred_username": name,
        "groups": [],
    }
    return Person(name, f"subject-of-{name}", usual | claims)


def everybody() -> dict[str, Person]:
    """The people of a new provider; the first three are the bed's and the demo's as well."""
    return {
        each.name: each
        for each in (
            person("olivia", groups=["operators"]),
            person("victor", groups=["viewers"]),
            person("nadia", groups=["shop-team"]),
            person("mallory"),
        )
    }
