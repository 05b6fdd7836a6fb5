"""The session store: in the database, encrypted and under digests, so that a copy of the database opens nothing."""

import base64
import hashlib
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone


@lru_cache(maxsize=4)
def fernet(keys: tuple[str, ...]) -> MultiFernet:
    """Encrypts with the first of ``keys`` and decrypts with any, so keys can rotate (SECRET_KEY_FALLBACKS)."""

    def derived(key: str) -> Fernet:
        derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"porthole sessions")
        return Fernet(base64.urlsafe_b64encode(derivation.derive(key.encode())))

    return MultiFernet([derived(key) for key in keys])


def digest_of(session_key: str | None) -> str:
    """What a row is called: whoever reads it cannot present it as a cookie. 160 bits, as the column is 40 letters wide.

    A key is 165 random bits: it needs no salt and no slow hash.
    """
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Django's database sessions, under a digest of their key, with the data as Fernet ciphertext bound to it."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Encrypt a session, with the row that it belongs to."""
        sealed = {"row": digest_of(self.session_key), "data": session_dict}
        return _cipher().encrypt(json.dumps(sealed).encode()).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Decrypt a session; one that no key opens or that was another row's is empty, so its owner signs in again."""
        try:
            sealed = json.loads(_cipher().decrypt(session_data))
        except (InvalidToken, ValueError):
            return {}
        session: dict[str, Any] = sealed["data"] if sealed.get("row") == digest_of(self.session_key) else {}
        return session

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """The row of this session."""
        self._get_or_create_session_key()  # type: ignore[attr-defined]
        row = super().create_model_instance(data)
        row.session_key = digest_of(self.session_key)
        return row

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        row = self.model.objects.filter(session_key=digest_of(self.session_key), expire_date__gt=timezone.now()).first()
        if not row:
            self._session_key = None
        return row

    def exists(self, session_key: str | None) -> bool:
        """Whether there is a session of that key."""
        return bool(super().exists(digest_of(session_key)))

    def delete(self, session_key: str | None = None) -> None:
        """Delete a session, this one where no key is given."""
        key = session_key or self.session_key
        if key:
            super().delete(digest_of(key))


def _cipher() -> MultiFernet:
    return fernet((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
