"""Tokens of a session, encrypted, in rows of their own: requests side by side cannot overwrite a renewed one."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import F
from django.utils import timezone

from dashboard.models import Secret
from dashboard.sealing import digest_of, opened, seal

LEASE_SECONDS = 90  # longer than any renewal takes: a process that dies in one delays the others by as much
POLL_SECONDS = 0.05

Values = dict[str, Any]


class Over(Exception):
    """There is nothing to renew with any more: who owns the tokens has to sign in again."""


def keep(session: SessionBase, name: str, values: Values) -> None:
    """Keep ``values`` under ``name``, in place of what was there."""
    if not session.session_key or not session.exists(session.session_key):
        session.save()
    row = _row(session)
    sealed = seal(_place(row, name), values)
    # A renewal of the former ones that is under way finds another version, and keeps nothing.
    there = Secret.objects.filter(session_id=row, name=name)
    if not there.update(sealed=sealed, lease=None, version=F("version") + 1):
        Secret.objects.create(session_id=row, name=name, sealed=sealed)


def read(session: SessionBase, name: str) -> Values | None:
    """What is kept under ``name``, None where nothing is or no key opens it."""
    secret = _find(session, name)
    return opened(_place(_row(session), name), secret.sealed) if secret else None


def drop(session: SessionBase, name: str) -> None:
    """Forget what is kept under ``name``."""
    Secret.objects.filter(session_id=_row(session), name=name).delete()


def all_of(session: SessionBase) -> dict[str, Values]:
    """Everything that this session keeps, by name."""
    row = _row(session)
    found = {each.name: opened(_place(row, each.name), each.sealed) for each in Secret.objects.filter(session_id=row)}
    return {name: values for name, values in found.items() if values is not None}


def renewed(
    session: SessionBase, name: str, due: Callable[[Values], bool], renew: Callable[[Values], Values]
) -> Values | None:
    """What is kept under ``name``, renewed first where it is ``due``; None where nothing is, or not any more.

    Of all requests in all processes one runs ``renew``, since a provider that rotates refresh tokens takes the second
    use of one for theft; the others wait for what it brings. ``renew`` raises Over where nothing is left to renew with,
    which deletes the row; whatever else it raises leaves the row as it was: those who waited then get the old values.
    """
    patience = time.monotonic() + LEASE_SECONDS
    waited = False
    while True:
        secret = _find(session, name)
        values = opened(_place(_row(session), name), secret.sealed) if secret else None
        if secret is None or values is None or not due(values):
            return values
        if time.monotonic() > patience or (waited and not secret.lease):
            return values
        if not _busy(secret) and _leased(secret):
            return _renew(secret, values, renew)
        waited = True
        time.sleep(POLL_SECONDS)


def _renew(secret: Secret, values: Values, renew: Callable[[Values], Values]) -> Values | None:
    mine = Secret.objects.filter(pk=secret.pk, version=secret.version + 1)
    try:
        fresh = renew(values)
    except Over:
        mine.delete()
        return None
    except BaseException:
        mine.update(lease=None, version=F("version") + 1)
        raise
    sealed = seal(_place(secret.session_id, secret.name), fresh)
    # Nothing is updated where the session was ended meanwhile: then nobody gets the new tokens.
    return fresh if mine.update(sealed=sealed, lease=None) else None


def _busy(secret: Secret) -> bool:
    return secret.lease is not None and secret.lease > timezone.now()


def _leased(secret: Secret) -> bool:
    """Whether the renewal is ours: of those who read the same version one gets it."""
    free = Secret.objects.filter(pk=secret.pk, version=secret.version)
    return bool(free.update(lease=timezone.now() + timedelta(seconds=LEASE_SECONDS), version=F("version") + 1))


def _find(session: SessionBase, name: str) -> Secret | None:
    return Secret.objects.filter(session_id=_row(session), name=name).first()


def _row(session: SessionBase) -> str:
    return digest_of(session.session_key)


def _place(row: str, name: str) -> str:
    return f"{row}/{name}"
