"""What Porthole itself keeps beside clusters: sessions, their secrets, and the link of a kubeconfig's owner."""

import hashlib
import secrets
from datetime import UTC, datetime

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import IntegrityError, models, transaction
from django.utils import timezone


class Session(AbstractBaseSession):
    """A browser's session, named by a digest of its key; what it says of somebody is ciphertext or a keyed digest."""

    person = models.CharField(max_length=64, blank=True, db_index=True)
    provider_session = models.CharField(max_length=64, blank=True, db_index=True)
    seen = models.DateTimeField(default=timezone.now)
    ends = models.DateTimeField()
    # Whether a browser has brought the cookie back, where the request alone began the session and nobody asked.
    returned = models.BooleanField(default=True, db_default=True)

    class Meta(AbstractBaseSession.Meta):
        """Those that nobody brought back are counted whenever another one begins."""

        indexes = (models.Index(fields=("seen",), condition=models.Q(returned=False), name="not_returned"),)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """The store that reads and writes these rows."""
        from dashboard.sessions import SessionStore

        return SessionStore


class Secret(models.Model):
    """Tokens of a session, encrypted; ``lease`` is until when somebody renews them."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    sealed = models.TextField()
    version = models.PositiveIntegerField(default=0)
    lease = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A session has one secret of a name."""

        constraints = (models.UniqueConstraint(fields=("session", "name"), name="one_secret_of_a_name"),)

    def __str__(self) -> str:
        """Its name; what it holds is nobody's to read."""
        return self.name


class Spent(models.Model):
    """Something of an identity provider's that works once and was used; kept as a digest until it ends by itself."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        """Until when it is remembered."""
        return f"{self.expires:%Y-%m-%d %H:%M}"

    @classmethod
    def spend(cls, kind: str, value: str, until: float) -> bool:
        """Whether this is the first use of ``value``, of all that ask at once; remembered ``until`` (epoch seconds)."""
        cls.objects.filter(expires__lt=timezone.now()).delete()
        try:
            with transaction.atomic():
                cls.objects.create(digest=digest_of(f"{kind} {value}"), expires=datetime.fromtimestamp(until, UTC))
        except IntegrityError:
            return False
        return True


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


class Attempt(models.Model):
    """How often something failed for one account or address within one window; ``name`` is a keyed digest."""

    name = models.CharField(max_length=64)
    window = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        """One count for each name and window."""

        constraints = (models.UniqueConstraint(fields=("name", "window"), name="one_count_of_a_window"),)

    def __str__(self) -> str:
        """How often, and in which window."""
        return f"{self.count} in {self.window}"


def digest_of(token: str) -> str:
    """What is kept of a token: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
