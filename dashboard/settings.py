"""Django's settings, made from dashboard.config."""

import contextlib
import os
import secrets
import tempfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONCE, NONE, SELF

from dashboard import environment, machine
from dashboard.config import BODY_BYTES, ConfigError

CONFIG = environment.load()
BASE_DIR = Path(__file__).resolve().parent.parent


def secret_key(file: Path) -> str:
    """SECRET_KEY, or one made at the first start and kept in ``file``."""
    if CONFIG["SECRET_KEY"]:
        return str(CONFIG["SECRET_KEY"])
    if not file.exists():
        # Whole or not at all, and the first of two that start at once wins.
        with tempfile.NamedTemporaryFile("w", dir=file.parent) as draft:
            draft.write(secrets.token_urlsafe(50))
            draft.flush()
            with contextlib.suppress(FileExistsError):
                os.link(draft.name, file)
    return file.read_text()


def database() -> dj_database_url.DBConfig:
    """What DATABASE_URL leads to, or SQLite in the state folder. Raises ConfigError; the URL may hold a password."""
    url = str(CONFIG["DATABASE_URL"] or f"sqlite:///{machine.state_folder(CONFIG) / 'porthole.sqlite3'}")
    try:
        found = dj_database_url.parse(url)
    except ValueError as error:
        message = "DATABASE_URL cannot be used: write one as in postgres://user:password@host:5432/name."
        raise ConfigError(message) from error
    if found.get("ENGINE") == "django.db.backends.postgresql":
        if not find_spec("psycopg_pool"):
            message = (
                "DATABASE_URL names PostgreSQL, whose driver is absent: pip install -r requirements-postgresql.txt."
            )
            raise ConfigError(message)
        # Dozens of threads, and several replicas, share a few connections: PostgreSQL has a hundred by default.
        found["OPTIONS"] = {**found.get("OPTIONS", {}), "pool": {"min_size": 1, "max_size": 8, "timeout": 10}}
    elif found.get("ENGINE") == "django.db.backends.sqlite3":
        found["CONN_MAX_AGE"] = 60
    else:
        message = (
            "DATABASE_URL cannot be used: Porthole keeps its data in PostgreSQL or SQLite, not in"
            f" {urlsplit(url).scheme}. Write one as in postgres://user:password@host:5432/name."
        )
        raise ConfigError(message)
    return found


OWN_KEY_FILE = machine.state_folder(CONFIG) / "secret-key"
SECRET_KEY = secret_key(OWN_KEY_FILE)
SECRET_KEY_FALLBACKS = CONFIG["SECRET_KEY_FALLBACKS"]
SECRET_FILES = [str(OWN_KEY_FILE), *environment.secret_files()]
DEBUG = CONFIG["DEBUG"]
ALLOWED_HOSTS = CONFIG["ALLOWED_HOSTS"]
CSRF_TRUSTED_ORIGINS = CONFIG["CSRF_TRUSTED_ORIGINS"]
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": database()}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Readers and the one writer do not wait for each other, and writers wait their turn.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 10,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

INSTALLED_APPS = [
    "dashboard",  # before Django's, one of whose commands it extends
    "dashboard.apps.PortholeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "clusters",
]
MIDDLEWARE = [
    "dashboard.middleware.request_id",
    "dashboard.middleware.https",
    "dashboard.middleware.denials",
    "dashboard.middleware.compression",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dashboard.middleware.private_pages",
    "dashboard.middleware.health",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.middleware.bodies",
    "dashboard.middleware.arrivals",
    "dashboard.middleware.ClusterErrors",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context.page_context",
            ],
        },
    }
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]  # those that Porthole has words in, so that a page never claims another
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = machine.state_folder(CONFIG) / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

HTTPS = CONFIG["PORTHOLE_HTTPS"]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "dashboard.signin.openid.library.Backend",
    "dashboard.admin.GroupRights",
]
SESSION_ENGINE = "dashboard.sessions"
# On one machine cookies know no port: two Portholes would end each other's sessions.
COOKIE = "__Host-porthole" if HTTPS else f"porthole-{CONFIG['PORT']}"
SESSION_COOKIE_NAME = COOKIE
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = CONFIG["SESSION_TTL"]
CSRF_COOKIE_NAME = f"{COOKIE}-csrf"
CSRF_COOKIE_SECURE = HTTPS
LOGIN_REDIRECT_URL = "/"
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_BYTES
FILE_UPLOAD_HANDLERS: list[str] = []  # Porthole takes no files, so none are kept on the way
DEFAULT_EXCEPTION_REPORTER = "dashboard.reports.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "dashboard.reports.Filter"
CSRF_FAILURE_VIEW = "dashboard.views.problems.csrf_failure"
SECURE_HSTS_SECONDS = 365 * 86400 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

SILENCED_SYSTEM_CHECKS = [
    "security.W004",  # HSTS is on where PORTHOLE_HTTPS says that people come by https
    "security.W008",  # the ingress redirects to https; Porthole does not know its own outer address
    "security.W012",  # cookies are for https only where PORTHOLE_HTTPS says so
    "security.W016",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "dashboard.logs.RequestId"}, "no_trace": {"()": "dashboard.logs.NoTrace"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]},
    },
    "root": {"handlers": ["console"], "level": CONFIG["LOG_LEVEL"]},
    "loggers": {
        # Anybody can ask under any name.
        "django.security.DisallowedHost": {"filters": ["no_trace"]},
        # At DEBUG it prints every request line; header values it never prints.
        "urllib3": {"level": "INFO"},
        "django.server": {"level": "INFO"},
        # With DEBUG it prints each statement with its values.
        "django.db.backends": {"level": "INFO"},
        # At DEBUG it prints the whole page, people's logs and YAML, for each name that is unset in a template.
        "django.template": {"level": "INFO"},
    },
}
