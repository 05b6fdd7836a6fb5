"""What the database holds of sessions is ciphertext or a keyed digest; both come from SECRET_KEY and its fallbacks.

Accounts stand in clear text: whoever looks after them in the admin has to see whom they switch off.
"""

import base64
import hashlib
import hmac
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def digest_of(session_key: str | None) -> str:
    """What a session's row is called: whoever reads it cannot present it as a cookie.

    160 bits, as the column is 40 letters wide. A key is 165 random bits: it needs no salt and no slow hash.
    """
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:40]


def seal(place: str, values: dict[str, Any]) -> str:
    """Encrypt ``values`` for one place; moved to another they cannot be opened."""
    return _cipher(_keys()).encrypt(json.dumps({"row": place, "data": values}).encode()).decode()


def opened(place: str, sealed: bytes | str) -> dict[str, Any] | None:
    """What was sealed for ``place``; None where no key opens it or it was another place's."""
    try:
        found = json.loads(_cipher(_keys()).decrypt(sealed))
    except (InvalidToken, ValueError):
        return None
    values: dict[str, Any] | None = found["data"] if found.get("row") == place else None
    return values


def digests(*parts: str) -> list[str]:
    """Names under which rows about ``parts`` are found again: by the present key first, then by each former one."""
    text = json.dumps(parts).encode()
    return [hmac.new(_derived(key, b"porthole people"), text, hashlib.sha256).hexdigest() for key in _keys()]


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=16)
def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(key.encode())


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key, b"porthole sessions"))) for key in keys])
