"""The session store: in the database, encrypted, so that a copy of the database shows no token."""

import base64
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


@lru_cache(maxsize=4)
def fernet(keys: tuple[str, ...]) -> MultiFernet:
    """Encrypts with the first of ``keys`` and decrypts with any, so keys can rotate (SECRET_KEY_FALLBACKS)."""

    def derived(key: str) -> Fernet:
        derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"porthole sessions")
        return Fernet(base64.urlsafe_b64encode(derivation.derive(key.encode())))

    return MultiFernet([derived(key) for key in keys])


class SessionStore(DatabaseStore):
    """Django's database sessions, with the data as Fernet ciphertext instead of signed plain text."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Encrypt a session."""
        return _cipher().encrypt(json.dumps(session_dict).encode()).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Decrypt a session; one that no key opens is an empty one, so its owner signs in again."""
        try:
            session: dict[str, Any] = json.loads(_cipher().decrypt(session_data))
        except (InvalidToken, ValueError):
            return {}
        return session


def _cipher() -> MultiFernet:
    return fernet((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
