"""What Porthole itself keeps beside sessions and clusters."""

import hashlib
import secrets

from django.db import models, transaction


class SignInLink(models.Model):
    """The one link by which the owner of this machine signs in; kept as a digest, used once."""

    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        """When it was made; the token itself is not known here."""
        return f"{self.created:%Y-%m-%d %H:%M}"

    @classmethod
    def renew(cls) -> str:
        """Make the only valid token, and return it."""
        token = secrets.token_urlsafe(32)
        with transaction.atomic():
            cls.objects.all().delete()
            cls.objects.create(digest=digest_of(token))
        return token

    @classmethod
    def use(cls, token: str) -> bool:
        """Whether ``token`` is the valid one; it is not any more afterwards, however many ask at once."""
        deleted, _by_model = cls.objects.filter(digest=digest_of(token)).delete()
        return deleted == 1


def digest_of(token: str) -> str:
    """What is kept of a token: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
