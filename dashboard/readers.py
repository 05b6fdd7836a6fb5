"""How the text of a setting is read. Each reader raises ValueError with a sentence that says what to write."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

TRUE = frozenset({"1", "t", "true", "yes", "on"})
FALSE = frozenset({"0", "f", "false", "no", "off", ""})
# RFC 7518, section 3.1. Those with a shared secret (HS…) and none are left out: whoever verifies could also sign.
SIGNING_ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512")
ASSERTIONS = ("google-iap", "cloudflare-access", "pomerium", "custom")
# What Porthole itself says in an authorization request (RFC 6749, OpenID Connect Core, RFC 7636).
OWN_PARAMETERS = frozenset(
    {"client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "response_mode", "response_type"}
    | {"request", "request_uri", "scope", "state"}
)
WAYS_FOLDER = Path(__file__).parent / "signin"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def boolean(text: str) -> bool:
    """``true`` and ``false`` as people, and Go's programs, write them."""
    word = text.strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError("write true or false")
    return word in TRUE


def boolean_or_unset(text: str) -> bool | None:
    """The same; None where nothing is written."""
    return boolean(text) if text.strip() else None


def port(text: str) -> int:
    """A TCP port; 0 lets the system choose a free one."""
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65535:
        raise ValueError("write a port number from 0 to 65535")
    return number


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("write a whole number of at least 1")
    return int(text)


def seconds(text: str) -> int:
    """A time of at most a year, in whole seconds."""
    if not text.isdecimal() or not 1 <= int(text) <= 31536000:
        raise ValueError("write whole seconds from 1 to 31536000")
    return int(text)


def plain(text: str) -> str:
    """Text as it is, without what stands around it."""
    return text.strip()


def key(text: str) -> str:
    """A key that nobody guesses, or none."""
    if text and len(text) < 32:
        raise ValueError("write at least 32 random characters, such as `openssl rand -base64 48` prints")
    return text


def keys(text: str) -> list[str]:
    """Keys that nobody guesses, with commas or line ends between."""
    return [key(word) for word in words(text)]


def words(text: str) -> list[str]:
    """A list with commas or line ends between."""
    return [word.strip() for word in re.split(r"[,\n]", text) if word.strip()]


def hosts(text: str) -> list[str]:
    """Host names as requests have them, without a port: Django compares nothing else with ALLOWED_HOSTS."""
    for word in words(text):
        if not re.fullmatch(r"\*|\.?[A-Za-z0-9_-][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]", word):
            raise ValueError(
                f"{word!r} can match no request; write a name alone, as porthole.example.com, without https:// and"
                " port; .example.com for all names below it; an IPv6 address in brackets"
            )
    return words(text)


def origins(text: str) -> list[str]:
    """Origins (RFC 6454): scheme, host and perhaps a port; ``*.`` before the host for all names below it."""
    for word in words(text):
        if not re.fullmatch(r"https?://[^\s/?#@]+", word):
            raise ValueError(f"{word!r} is no origin, which is written as https://porthole.example.com, without a path")
    return words(text)


def scopes(text: str) -> list[str]:
    """Scopes with commas or spaces between; ``openid`` is always among them (OpenID Connect Core, section 3.1.2.1)."""
    asked = list(dict.fromkeys(re.split(r"[,\s]+", text.strip(", \n"))))
    return asked if "openid" in asked else ["openid", *filter(None, asked)]


def ways(text: str) -> list[str]:
    """Names of ways to sign in, with commas between."""
    known = known_ways()
    for name in words(text):
        if name not in known:
            raise ValueError(f"there is no way {name!r}, only {', '.join(known)}")
    return words(text)


def known_ways() -> list[str]:
    """The modules of dashboard.signin that are a way in: those with a TITLE, which helpers lack."""
    files = WAYS_FOLDER.glob("[a-z]*.py")
    return sorted(file.stem for file in files if re.search(r"^TITLE\b", file.read_text(), re.MULTILINE))


def level(text: str) -> str:
    """A level of Python's logging, for which WARN stands, too."""
    return one_of("DEBUG", "INFO", "WARNING", "ERROR")("WARNING" if text.upper() == "WARN" else text.upper())


def one_of(*known: str) -> Callable[[str], str]:
    """A reader that takes the ``known`` words only, or nothing."""

    def read(text: str) -> str:
        if text and text not in known:
            raise ValueError(f"write {', '.join(known[:-1])} or {known[-1]}")
        return text

    return read


def url(text: str) -> str:
    """An address of http or https with a host, or none."""
    if text and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?(\?[^\s#]*)?", text.strip()):
        raise ValueError("write an address as https://host/path")
    return text.strip()


def signing_algorithms(text: str) -> list[str]:
    """Names of RFC 7518, section 3.1, of those that need the provider's private key."""
    for name in words(text):
        if name not in SIGNING_ALGORITHMS:
            raise ValueError(f"Porthole verifies only {', '.join(SIGNING_ALGORITHMS)}, not {name!r}")
    return words(text)


def parameters(text: str) -> dict[str, str]:
    """Parameters as a query writes them: ``access_type=offline&prompt=consent``."""
    try:
        found = dict(parse_qsl(text.strip(), keep_blank_values=True, strict_parsing=bool(text.strip())))
    except ValueError as error:
        raise ValueError("write name=value, with & between several") from error
    if own := sorted(OWN_PARAMETERS & found.keys()):
        raise ValueError(f"{own[0]} is what Porthole itself says there")
    return found


def header(text: str) -> str:
    """The name of a request header (RFC 9110, section 5.1), or none; gunicorn drops names with underscores."""
    if text and not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^`|~-]+", text):
        raise ValueError("write the name of a header, with letters, digits and hyphens")
    return text


def networks(text: str) -> list[Network]:
    """Networks as CIDRs with commas between; a single address is a network of one."""
    if text and not words(text):
        raise ValueError("write at least one network, as 10.0.0.0/8 or fd00::/8")
    found = []
    for word in words(text):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError as error:
            raise ValueError(f"{word!r} is no network, which is written as 10.0.0.0/8 or fd00::/8") from error
    return found
