"""Who may sign in to the test cluster; what each may do stands in ``world/people.yaml``."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """A user of the API server's static token file; the same e-mail and groups go into tokens of the bed's issuer."""

    name: str
    groups: tuple[str, ...] = ()

    @property
    def token(self) -> str:
        """The bearer token, good for nothing but a throw-away cluster on loopback."""
        return f"{self.name}-token"

    @property
    def email(self) -> str:
        """The e-mail claim of this person's OIDC tokens; the API server prefixes it with ``oidc:``."""
        return f"{self.name}@example.com"


PEOPLE = (
    Person("olivia", ("operators",)),
    Person("victor", ("viewers",)),
    Person("nadia", ("shop-team",)),
    Person("mallory"),
)


def token_file() -> str:
    """The people as ``--token-auth-file`` wants them: token, user, uid and quoted groups, one a line."""
    return "".join(f'{person.token},{person.name},{person.name},"{",".join(person.groups)}"\n' for person in PEOPLE)
