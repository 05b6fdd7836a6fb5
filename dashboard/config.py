"""Every setting of Porthole, once: name, type, default, help."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard import readers

HEADLAMP = "HEADLAMP_CONFIG_"
# Bytes of a request's body. The largest form is a cluster's in the admin, with some seventy certificates in it.
BODY_BYTES = 128 * 1024


class ConfigError(Exception):
    """A setting has a value that cannot be used; the message names it and says what it should be."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its environment variable, how its text is read, what it is when unset.

    ``headlamp`` is its name in Headlamp, without HEADLAMP_CONFIG_. A ``secret`` is never shown, and can stand in a file
    that ``<name>_FILE`` names.
    """

    name: str
    read: Callable[[str], Any]
    default: str
    help: str
    headlamp: str = ""
    secret: bool = False

    @property
    def names(self) -> list[str]:
        """The environment variables that say it; the first that is given counts."""
        return [self.name, *([f"{HEADLAMP}{self.headlamp}"] if self.headlamp else [])]

    @property
    def file_name(self) -> str:
        """The environment variable that names the file which holds it, "" where it is no secret."""
        return f"{self.name}_FILE" if self.secret else ""

    @property
    def flags(self) -> list[str]:
        """The flags of ``manage.py serve`` that say it, without dashes."""
        return list(dict.fromkeys(flag_of(name) for name in self.names))


def flag_of(name: str) -> str:
    """The flag that does what an environment variable does: ``oidc-client-id`` for OIDC_CLIENT_ID."""
    return name.removeprefix(HEADLAMP).removeprefix("PORTHOLE_").replace("_", "-").lower()


SETTINGS = (
    Setting("PORT", readers.port, "8000", "The port to serve on; 0 for any free one.", "PORT"),
    Setting("HOST", readers.plain, "127.0.0.1", "The address to serve on; 0.0.0.0 for all of them.", "LISTEN_ADDR"),
    Setting("ALLOWED_HOSTS", readers.hosts, "localhost,127.0.0.1,[::1]", "Host names that Porthole answers to."),
    Setting(
        "CSRF_TRUSTED_ORIGINS",
        readers.origins,
        "",
        "Origins that may post, where a proxy changes the host: https://porthole.example.com.",
    ),
    Setting(
        "SECRET_KEY",
        readers.key,
        "",
        "Signs and encrypts sessions: at least 32 random characters. Unset: made once and kept in the state folder.",
        secret=True,
    ),
    Setting(
        "SECRET_KEY_FALLBACKS",
        readers.keys,
        "",
        "Former values of SECRET_KEY that are still accepted, each as long, with commas between.",
        secret=True,
    ),
    Setting(
        "DATABASE_URL",
        readers.plain,
        "",
        "Where sessions and clusters are kept: postgres://user:password@host/name. Unset: SQLite in the state folder.",
        secret=True,
    ),
    Setting("PORTHOLE_STATE", readers.plain, "~/.local/state/porthole", "The state folder."),
    Setting(
        "PORTHOLE_WAYS",
        readers.ways,
        "",
        "Ways to sign in, with commas between: demo, kubeconfig, oidc, proxy, token. Unset: oidc where OIDC_ISSUER_URL"
        " is set, proxy where PROXY_AUTH is, token where PORTHOLE_TOKEN_SIGNIN is; without them all your kubeconfig.",
    ),
    Setting(
        "PORTHOLE_HTTPS",
        readers.boolean,
        "false",
        "Whether people reach Porthole by https: cookies are then for https only.",
    ),
    Setting("PORTHOLE_THREADS", readers.count, "64", "Requests served at once, each open live stream being one."),
    Setting(
        "PORTHOLE_STREAMS",
        readers.count,
        "48",
        "Live streams open at once, half of them for one session; beyond that pages ask again every few seconds.",
    ),
    Setting(
        "SESSION_TTL",
        readers.seconds,
        "43200",
        "Seconds after which a session ends, however much it is used.",
        "SESSION_TTL",
    ),
    Setting("SESSION_IDLE", readers.seconds, "14400", "Seconds after which a session ends that nobody used."),
    Setting(
        "PORTHOLE_DEMO_SERVER",
        readers.plain,
        "",
        "Where the demo cluster's API server is, as http://127.0.0.1:9000; set by the demo command.",
    ),
    # Clusters
    Setting(
        "KUBECONFIG",
        readers.plain,
        "",
        "The kubeconfig to serve, as kubectl reads it. Unset: ~/.kube/config.",
        "KUBECONFIG",
    ),
    Setting(
        "PORTHOLE_CLUSTERS_FILE",
        readers.plain,
        "",
        "A YAML file of clusters, beside those of the admin.",
    ),
    Setting(
        "IN_CLUSTER",
        readers.boolean_or_unset,
        "",
        "Whether the cluster that Porthole runs in is one of them. Unset: where it runs in one.",
        "IN_CLUSTER",
    ),
    Setting(
        "IN_CLUSTER_CONTEXT_NAME",
        readers.plain,
        "main",
        "The name of the cluster that Porthole runs in. A cluster of that name elsewhere takes its place.",
        "IN_CLUSTER_CONTEXT_NAME",
    ),
    Setting("KUBERNETES_SERVICE_HOST", readers.plain, "", "The API server's address; Kubernetes sets it in each pod."),
    Setting("KUBERNETES_SERVICE_PORT", readers.port, "443", "The API server's port; Kubernetes sets it in each pod."),
    Setting(
        "PORTHOLE_SERVICE_ACCOUNT_FOLDER",
        readers.plain,
        "/var/run/secrets/kubernetes.io/serviceaccount",
        "Where Kubernetes puts the authority of the cluster that Porthole runs in, and its own pod's token.",
    ),
    Setting(
        "PORTHOLE_TOKEN_FOLDERS",
        readers.words,
        "/var/run/secrets/porthole/tokens",
        "Folders below which impersonators' token files may lie, with commas between: who may edit clusters can have"
        " each file there sent to a server of theirs.",
    ),
    # Signing in with OpenID Connect
    Setting(
        "OIDC_ISSUER_URL",
        readers.url,
        "",
        "Your OpenID Connect provider, exactly as its discovery document names it. Set: people sign in there.",
        "OIDC_IDP_ISSUER_URL",
    ),
    Setting("OIDC_CLIENT_ID", readers.plain, "", "Porthole's client ID at the provider.", "OIDC_CLIENT_ID"),
    Setting(
        "OIDC_CLIENT_SECRET",
        readers.plain,
        "",
        "Porthole's client secret. Unset: a public client, with PKCE alone.",
        "OIDC_CLIENT_SECRET",
        secret=True,
    ),
    Setting(
        "OIDC_SCOPES",
        readers.scopes,
        "openid,profile,email",
        "What to ask for, with commas or spaces between; openid always is. offline_access makes sessions last.",
        "OIDC_SCOPES",
    ),
    Setting(
        "OIDC_CALLBACK_URL",
        readers.url,
        "",
        "Where people come back to, as https://porthole.example.com/oidc-callback. Unset: made from the request.",
        "OIDC_CALLBACK_URL",
    ),
    Setting(
        "OIDC_USE_ACCESS_TOKEN",
        readers.boolean,
        "false",
        "Whether the access token goes to API servers, and not the ID token.",
        "OIDC_USE_ACCESS_TOKEN",
    ),
    Setting(
        "OIDC_VALIDATOR_ISSUER_URL",
        readers.plain,
        "",
        "The issuer that the access token names, where it is another one than OIDC_ISSUER_URL.",
        "OIDC_VALIDATOR_IDP_ISSUER_URL",
    ),
    Setting(
        "OIDC_VALIDATOR_CLIENT_ID",
        readers.plain,
        "",
        "The audience that the access token names, where it is another one than OIDC_CLIENT_ID.",
        "OIDC_VALIDATOR_CLIENT_ID",
    ),
    Setting(
        "OIDC_SIGNING_ALGS",
        readers.signing_algorithms,
        ",".join(readers.SIGNING_ALGORITHMS),
        "Signatures of tokens that are accepted.",
    ),
    Setting(
        "OIDC_AUTHORIZATION_PARAMS",
        readers.parameters,
        "",
        "More to say at the start of a sign-in, as access_type=offline&prompt=consent for Google.",
    ),
    Setting(
        "OIDC_CA_FILE",
        readers.plain,
        "",
        "A PEM file of the authorities that the provider's certificate is checked by. Unset: the system's.",
        "OIDC_CA_FILE",
    ),
    Setting(
        "OIDC_SKIP_TLS_VERIFY",
        readers.boolean,
        "false",
        "Whether the provider's certificate is not checked: whoever stands between can then sign in as anybody.",
        "OIDC_SKIP_TLS_VERIFY",
    ),
    Setting("OIDC_USE_PKCE", readers.boolean, "true", "Taken, without effect: PKCE is always used.", "OIDC_USE_PKCE"),
    Setting(
        "OIDC_USE_COOKIE",
        readers.boolean,
        "true",
        "Taken, without effect: sessions are always Porthole's own.",
        "OIDC_USE_COOKIE",
    ),
    # Behind an identity-aware proxy
    Setting(
        "PROXY_AUTH",
        readers.boolean,
        "false",
        "Whether an identity-aware proxy in front of Porthole says who is asking.",
        "PROXY_AUTH",
    ),
    Setting(
        "PROXY_AUTH_USERNAME_HEADER",
        readers.header,
        "X-Forwarded-User",
        "The header with the user's name.",
        "PROXY_AUTH_USERNAME_HEADER",
    ),
    Setting(
        "PROXY_AUTH_GROUP_HEADER",
        readers.header,
        "X-Forwarded-Group",
        "The header with the user's groups.",
        "PROXY_AUTH_GROUP_HEADER",
    ),
    Setting(
        "PROXY_AUTH_EMAIL_HEADER",
        readers.header,
        "X-Forwarded-Email",
        "The header with the user's e-mail address.",
        "PROXY_AUTH_EMAIL_HEADER",
    ),
    Setting(
        "PROXY_AUTH_TOKEN_HEADER",
        readers.header,
        "X-Forwarded-Id-Token",
        "The header with the user's token for the API server, with or without Bearer.",
        "PROXY_AUTH_TOKEN_HEADER",
    ),
    Setting(
        "PROXY_AUTH_ASSERTION",
        readers.one_of(*readers.ASSERTIONS),
        "",
        "Whose signed assertion to verify: google-iap, cloudflare-access, pomerium, or custom with the settings below.",
    ),
    Setting(
        "PROXY_AUTH_ASSERTION_HEADER",
        readers.header,
        "",
        "The header with the signed assertion. Unset: that of PROXY_AUTH_ASSERTION.",
    ),
    Setting(
        "PROXY_AUTH_ASSERTION_ISSUER",
        readers.plain,
        "",
        "The issuer that the assertion names. Unset: that of PROXY_AUTH_ASSERTION.",
    ),
    Setting(
        "PROXY_AUTH_ASSERTION_AUDIENCE",
        readers.plain,
        "",
        "The audience that the assertion names: Porthole's own application at that proxy.",
    ),
    Setting(
        "PROXY_AUTH_ASSERTION_KEYS_URL",
        readers.url,
        "",
        "Where the keys are that assertions are signed with (JWKS). Unset: those of PROXY_AUTH_ASSERTION.",
    ),
    Setting(
        "PROXY_AUTH_TRUSTED_NETWORKS",
        readers.networks,
        "",
        "Where the proxy connects from, as CIDRs with commas between; headers from elsewhere count for nothing. Unset:"
        " with PROXY_AUTH from loopback and private networks. Without PROXY_AUTH, too, the X-Forwarded-For of a proxy"
        " that is named here tells apart whose sign-ins fail; those behind one that is not are counted as one.",
    ),
    Setting(
        "PROXY_AUTH_UNSIGNED",
        readers.boolean,
        "false",
        "Whether plain headers, which nobody signed, are believed for impersonation; those of the user, the groups, the"
        " e-mail address and the token must then each be named, with - where the proxy writes none.",
    ),
    Setting(
        "PROXY_AUTH_SIGN_OUT_URL",
        readers.plain,
        "",
        "Where signing out leads, as /oauth2/sign_out, so that the proxy forgets the person, too.",
    ),
    # Tokens and the admin
    Setting(
        "PORTHOLE_TOKEN_SIGNIN",
        readers.boolean,
        "false",
        "Whether people may sign in with a token that they paste, and paste one for a cluster that refuses theirs.",
    ),
    Setting(
        "PORTHOLE_ADMIN_GROUPS",
        readers.words,
        "",
        "Groups of your provider whose members may use the admin, with commas between.",
    ),
    Setting(
        "PORTHOLE_ADMIN_GROUPS_CLAIM",
        readers.plain,
        "groups",
        "The claim of the ID token that holds these groups.",
    ),
    Setting("DEBUG", readers.boolean, "false", "Django's debug pages. Never where others can reach them."),
    Setting("LOG_LEVEL", readers.level, "INFO", "DEBUG, INFO, WARNING or ERROR.", "LOG_LEVEL"),
)
