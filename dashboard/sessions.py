"""The session store: in the database, encrypted and under digests, so that a copy of the database opens nothing.

A session ends when nobody used it for SESSION_IDLE seconds, and SESSION_TTL seconds after it began in any case. Of
those that requests begin by themselves, and whose cookie never comes back, only the latest are kept.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from dashboard import vault
from dashboard.models import Session
from dashboard.sealing import digest_of, digests, opened, seal

BEGAN, IDENTITY, BROWSER = "began", "identity", "browser"
SEEN_SECONDS = 60  # how exactly it is known when a session was used last
MOST_NOT_RETURNED = 500


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of a person's sessions, for them to read; ``handle`` names it and opens nothing."""

    handle: str
    browser: str
    began: datetime
    seen: datetime
    current: bool


class SessionStore(DatabaseStore):
    """Django's database sessions, under a digest of their key, with the data as Fernet ciphertext bound to it."""

    returned = True  # of one that is made here; else what its row says

    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        """The rows."""
        return Session

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Encrypt a session, with the row that it belongs to."""
        return seal(digest_of(self.session_key), session_dict)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Decrypt a session; one that no key opens or that was another row's is empty, so its owner signs in again."""
        return opened(digest_of(self.session_key), session_data) or {}

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """The row of this session."""
        key = self._get_or_create_session_key()  # type: ignore[attr-defined]
        began = data.setdefault(BEGAN, time.time())
        ends = datetime.fromtimestamp(began, UTC) + timedelta(seconds=settings.CONFIG["SESSION_TTL"])
        who = data.get(IDENTITY) or {}
        return Session(
            session_key=digest_of(key),
            session_data=self.encode(data),
            expire_date=idle_end(ends),
            ends=ends,
            person=digests(who["issuer"], who["subject"])[0] if who else "",
            provider_session=digests(who["issuer"], "sid", who["sid"])[0] if who.get("sid") else "",
            returned=self.returned,
        )

    def cycle_key(self) -> None:
        """Take a new key and keep everything, the secrets too."""
        kept = vault.all_of(self)
        super().cycle_key()
        for name, values in kept.items():
            vault.keep(self, name, values)

    def _get_session_from_db(self) -> Session | None:
        now = timezone.now()
        row = Session.objects.filter(session_key=digest_of(self.session_key), expire_date__gt=now).first()
        if not row:
            self._session_key = None
            return None
        self.returned = row.returned
        if row.seen < now - timedelta(seconds=SEEN_SECONDS):
            Session.objects.filter(pk=row.pk).update(seen=now, expire_date=idle_end(row.ends))
        return row

    def exists(self, session_key: str | None) -> bool:
        """Whether there is a session of that key."""
        return bool(super().exists(digest_of(session_key)))

    def delete(self, session_key: str | None = None) -> None:
        """Delete a session, this one where no key is given, and its secrets."""
        key = session_key or self.session_key
        if key:
            super().delete(digest_of(key))


def idle_end(ends: datetime) -> datetime:
    """Until when a session that is used now lasts if it is not used again."""
    return min(ends, timezone.now() + timedelta(seconds=settings.CONFIG["SESSION_IDLE"]))


def ends(request: HttpRequest) -> datetime | None:
    """When this session ends at the latest; None where there is none."""
    began = request.session.get(BEGAN)
    if began is None:
        return None
    return datetime.fromtimestamp(began, UTC) + timedelta(seconds=settings.CONFIG["SESSION_TTL"])


def came_back(request: HttpRequest) -> None:
    """Note that a browser has brought the cookie of its session."""
    if not request.session.returned:  # type: ignore[attr-defined]
        request.session.returned = True  # type: ignore[attr-defined]
        Session.objects.filter(pk=digest_of(request.session.session_key)).update(returned=True)


def drop_not_returned() -> None:
    """Delete the oldest of the sessions that were never brought back, beyond those that are kept."""
    beyond = Session.objects.filter(returned=False).order_by("-seen").values_list("pk", flat=True)[MOST_NOT_RETURNED:]
    Session.objects.filter(pk__in=list(beyond)).delete()


def own(request: HttpRequest) -> list[OwnSession]:
    """The sessions of the person who asks, last used first; those that nobody brought back are no browser's."""
    here = digest_of(request.session.session_key)
    found = [
        OwnSession(
            handle=row.pk,
            browser=(opened(row.pk, row.session_data) or {}).get(BROWSER, ""),
            began=row.ends - timedelta(seconds=settings.CONFIG["SESSION_TTL"]),
            seen=timezone.now() if row.pk == here else row.seen,
            current=row.pk == here,
        )
        for row in _rows_of(request)
        if row.returned or row.pk == here
    ]
    return sorted(found, key=lambda each: each.seen, reverse=True)


def end(request: HttpRequest, handle: str) -> bool:
    """End the session of that handle, if it is the asking person's own; whether there was one."""
    deleted, _by_model = _rows_of(request).filter(pk=handle).delete()
    return bool(deleted)


def end_others(request: HttpRequest) -> int:
    """End all sessions of the asking person but this one; how many they were."""
    rows = _rows_of(request).exclude(pk=digest_of(request.session.session_key))
    return _ended(rows)


def end_all(issuer: str, *, subject: str = "", sid: str = "") -> int:
    """End the sessions of a provider's person (``subject``) or of one of its sessions (``sid``); how many they were."""
    if not (subject or sid):
        raise ValueError("whose sessions: a subject or a sid is needed")
    rows = Session.objects.all()
    if subject:
        rows = rows.filter(person__in=digests(issuer, subject))
    if sid:
        these = Q(provider_session__in=digests(issuer, "sid", sid))
        # Of a session whose id_token had no sid it is not known that it is another one.
        rows = rows.filter(these | Q(provider_session="") if subject else these)
    return _ended(rows)


def _rows_of(request: HttpRequest) -> QuerySet[Session]:
    who = request.session.get(IDENTITY)
    if not who:
        return Session.objects.filter(pk=digest_of(request.session.session_key))
    people = digests(who["issuer"], who["subject"])
    return Session.objects.filter(person__in=people, expire_date__gt=timezone.now())


def _ended(rows: QuerySet[Session]) -> int:
    _all, by_model = rows.delete()
    return by_model.get("dashboard.Session", 0)
