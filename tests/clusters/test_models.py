"""What may be entered as a cluster."""

import pytest
from django.core.exceptions import ValidationError

from clusters.models import Cluster
from tests.cluster import certificates

CA = certificates.authority("models test")


def problems(**fields):
    """The fields that are refused, without looking into the database."""
    cluster = Cluster(**{"name": "home", "server": "https://10.0.0.1:6443", **fields})
    try:
        cluster.clean_fields()
    except ValidationError as error:
        return sorted(error.message_dict)
    return []


@pytest.mark.parametrize(
    "server",
    [
        "https://10.0.0.1:6443", "https://api.example.com", "https://api.example.com/k8s/clusters/c-1", "https://[::1]:6443",
        "https://localhost:6443", "https://kubernetes.default.svc",
    ],
)  # fmt: skip
def test_addresses_of_api_servers_are_taken(server):
    assert problems(server=server) == []


@pytest.mark.parametrize(
    "server",
    [
        "", "api.example.com", "http://10.0.0.1:6443", "ftp://10.0.0.1", "file:///etc/passwd", "https://", "https://:6443",
        "https://olivia:secret@10.0.0.1", "https://olivia@10.0.0.1", "https://10.0.0.1?x=1", "https://10.0.0.1#x",
        "https://10.0.0.1:0", "https://10.0.0.1:99999", "https://10.0.0.1:x", "https://[::1", "https://169.254.169.254",
        "https://169.254.169.254:80/latest", "https://[fd00:ec2::254]", "https://metadata.google.internal",
        "https://METADATA.google.internal", "https://metadata.google.internal.", "https://169.254.169.254.",
        "https://[::ffff:169.254.169.254]", "https://2852039166", "https://0xa9fea9fe", "https://169.254.1.2",
        "https://[fe80::1]", "https://10.0.0.1/a b", "https://10.0.0.1\n", "https://10.0.0.1/../x",
        "https://10.0.0.1/x/..", "https://10.0.0.1\\@evil.example", "javascript:alert(1)",
        "https://[fd00:ec2:0::254]", "https://[64:ff9b::a9fe:a9fe]", "https://100.100.100.200", "https://168.63.129.16",
    ],
)  # fmt: skip
def test_other_addresses_are_refused(server):
    assert problems(server=server) == ["server"]


@pytest.mark.parametrize("proxy", ["", "http://10.0.0.9:3128", "https://proxy.example.com", "http://[::1]:8080"])
def test_addresses_of_proxies_are_taken(proxy):
    assert problems(proxy_url=proxy) == []


@pytest.mark.parametrize(
    "proxy",
    [
        "proxy.example.com", "file:///etc/passwd", "javascript:1", "socks5://10.0.0.9:1080", "http://", "http://[::1",
        "http://user:secret@proxy:1", "http://user@proxy:1", "http://169.254.169.254:80", "http://proxy:0",
        "http://a b", "http://proxy\n",
    ],
)  # fmt: skip
def test_other_proxies_are_refused(proxy):
    assert problems(proxy_url=proxy) == ["proxy_url"]


@pytest.mark.parametrize("name", ["", "kubernetes", "api.example.com", "10.0.0.1", "fd00::1"])
def test_names_in_certificates_are_taken(name):
    assert problems(tls_server_name=name) == []


@pytest.mark.parametrize("name", ["a\nb", "a b", "https://a", "-a", "a/", "*.example.com"])
def test_other_names_in_certificates_are_refused(name):
    assert problems(tls_server_name=name) == ["tls_server_name"]


@pytest.mark.parametrize("name", ["a", "home", "home-2", "eu.west.1", "x" * 63, "0"])
def test_names_for_urls_are_taken(name):
    assert problems(name=name) == []


@pytest.mark.parametrize("name", ["", "Home", "-a", "a-", ".", "a/b", "a b", "x" * 64, "a\n", "é", "a_b"])
def test_other_names_are_refused(name):
    assert problems(name=name) == ["name"]


@pytest.mark.parametrize("text", ["", CA.certificate, CA.certificate * 2, "# a comment\n" + CA.certificate])
def test_authorities_are_taken(text):
    assert problems(certificate_authority=text) == []


LEAF = certificates.issue(CA, "leaf", hosts=["localhost"]).certificate


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        CA.key,
        LEAF,
        CA.certificate[:-40],
        "é",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ],
)
def test_other_text_is_no_authority(text):
    assert problems(certificate_authority=text) == ["certificate_authority"]


@pytest.mark.parametrize(("field", "value"), [("color", "red"), ("color", "#12345"), ("default_namespace", "A b")])
def test_other_fields_are_checked_as_well(field, value):
    assert problems(**{field: value}) == [field]


def test_a_cluster_is_called_by_its_title():
    assert (str(Cluster(name="home")), str(Cluster(name="home", title="At home"))) == ("home", "At home")


@pytest.mark.parametrize(
    "issuer",
    [
        "", "https://id.example.com", "https://id.example.com/application/o/headlamp/", "https://sts.windows.net/0-1/",
        "http://127.0.0.1:9000", "http://localhost:9000/realms/a", "https://[::1]:8443/",
    ],
)  # fmt: skip
def test_issuers_are_taken(issuer):
    assert problems(issuer=issuer) == []


@pytest.mark.parametrize(
    "issuer",
    [
        "id.example.com", "http://id.example.com", "https://", "https://id.example.com?x=1", "https://id.example.com#x",
        "https://user@id.example.com", "https://id.example.com/a b", "https://id.example.com\n", "https://[::1",
        "https://id.example.com:x", "https://id.example.com?", "javascript:1",
    ],
)  # fmt: skip
def test_other_issuers_are_refused(issuer):
    assert problems(issuer=issuer) == ["issuer"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("audience", "6dae42f8-4368-4678-94ff-3960e28e3630"), ("audience", "spn:a b"), ("scope", "openid groups"),
        ("scope", "6dae42f8-4368-4678-94ff-3960e28e3630/.default offline_access"), ("username_claim", "email"),
        ("username_prefix", "-"), ("username_prefix", "oidc:"), ("groups_claim", "https://example.com/groups"),
        ("groups_prefix", "команда:"), ("presents", ""), ("presents", "id_token"), ("presents", "access_token"),
        ("impersonator_token_file", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ("impersonator_token_file", "/var/run/secrets/porthole/tokens/office/token"),
    ],
)  # fmt: skip
def test_who_goes_there_is_taken(field, value):
    assert problems(**{field: value}) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("audience", "a\nb"), ("audience", " a"), ("scope", "a  b"), ("scope", "a\\b"), ("scope", 'a"b'),
        ("scope", "é"),
        ("username_claim", "a\0"), ("username_prefix", "x "), ("groups_claim", "a\r"), ("groups_prefix", "\x7f"),
        ("presents", "everything"), ("impersonator_token_file", "/etc/shadow"), ("impersonator_token_file", "token"),
        ("impersonator_token_file", "/var/run/secrets/../../etc/shadow"),
        ("impersonator_token_file", "/var/run/secrets/porthole/tokens-x"),
        ("impersonator_token_file", "/var/run/secrets/porthole/tokens/a\nb"),
        # Where recipes put the client's secret, and where clouds put the identity of the pod.
        ("impersonator_token_file", "/run/secrets/oidc-client-secret"),
        ("impersonator_token_file", "/var/run/secrets/porthole/oidc-client-secret"),
        ("impersonator_token_file", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"),
        ("impersonator_token_file", "/var/run/secrets/azure/tokens/azure-identity-token"),
        ("impersonator_token_file", "/var/run/secrets/tokens/gcp-ksa/token"),
    ],
)  # fmt: skip
def test_who_could_not_go_there_is_refused(field, value):
    assert problems(**{field: value}) == [field]


def test_impersonation_needs_an_impersonator():
    cluster = Cluster(name="home", server="https://10.0.0.1:6443", presents="impersonation")
    with pytest.raises(ValidationError) as caught:
        cluster.clean()
    assert list(caught.value.message_dict) == ["impersonator_token_file"]
    cluster.impersonator_token_file = "/run/secrets/token"
    cluster.clean()


OWN = "/var/run/secrets/kubernetes.io/serviceaccount/token"


@pytest.fixture
def around(settings):
    """``around(host, port)``: the API server's address as Kubernetes tells it to each pod."""

    def put(host, port=443):
        settings.CONFIG = {**settings.CONFIG, "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}

    return put


@pytest.mark.parametrize(
    ("host", "port", "server"),
    [
        ("10.96.0.1", 443, "https://10.96.0.1"), ("10.96.0.1", 443, "https://10.96.0.1:443/"),
        ("10.96.0.1", 6443, "https://10.96.0.1:6443"), ("fd00::1", 443, "https://[fd00:0:0::1]:443"),
        ("10.96.0.1", 443, "https://kubernetes.default.svc"), ("", 443, "https://Kubernetes.default.svc.cluster.local."),
        ("api.example.com", 443, "https://API.example.com"),
    ],
)  # fmt: skip
def test_the_pod_s_own_token_goes_to_the_cluster_around_it(around, host, port, server):
    around(host, port)
    Cluster(name="home", server=server, impersonator_token_file=OWN).clean()


@pytest.mark.parametrize(
    ("server", "proxy"),
    [
        ("https://203.0.113.7", ""), ("https://10.96.0.1:6443", ""), ("https://10.96.0.10", ""),
        ("http://10.96.0.1:443", ""), ("https://kubernetes.default.svc.example.com", ""), ("https://kubernetes", ""),
        ("https://10.96.0.1/api/v1/namespaces/x/services/y/proxy", ""), ("https://10.96.0.1@203.0.113.7", ""),
        ("https://10.96.0.1", "http://203.0.113.7:3128"), ("https://[", ""), ("https://10.96.0.1:x", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_pod_s_own_token_goes_nowhere_else(around, server, proxy):
    around("10.96.0.1")
    with pytest.raises(ValidationError) as caught:
        Cluster(name="home", server=server, proxy_url=proxy, impersonator_token_file=OWN).clean()
    assert list(caught.value.message_dict) == ["impersonator_token_file"]


def test_without_a_cluster_around_there_is_no_address_that_the_pod_s_own_token_goes_to(around):
    around("")
    with pytest.raises(ValidationError):
        Cluster(name="home", server="https://:443", impersonator_token_file=OWN).clean()
