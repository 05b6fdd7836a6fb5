"""What a person presents: renewed, or under the name that kube-apiserver would make of their claims."""

import pytest
from django.core.exceptions import ValidationError

from clusters.connection import connect
from clusters.credentials import (
    BearerToken,
    ClientCertificate,
    Impersonation,
    Renewed,
    TokenFile,
    impersonated,
)
from clusters.errors import NoCredentials
from clusters.models import Cluster
from clusters.names import path
from tests.clusters.fakes import OLIVIA, http
from tests.clusters.test_connection_tls import CA, person, server_context

CLAIMS = {"iss": "https://id.example.com/", "sub": "u-1", "email": "alice@example.com", "groups": ["dev", "ops"]}


def hello(_seen):
    return http({})


@pytest.fixture
def folder(settings, tmp_path):
    """A folder in which token files may lie."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_TOKEN_FOLDERS": [str(secrets)]}
    return secrets


@pytest.fixture
def token_file(folder):
    """An impersonator's token file."""
    file = folder / "token"
    file.write_text("porthole-1\n")
    return file


@pytest.fixture
def cluster(token_file):
    """``cluster(groups_claim="groups", …)``: a cluster whose people are impersonated."""

    def make(**fields):
        return Cluster(name="home", impersonator_token_file=str(token_file), **fields)

    return make


def named(cluster, claims):
    found = impersonated(cluster, claims)
    return found.user, found.groups


# Right values: kube-apiserver's help texts of --oidc-username-claim, -username-prefix, -groups-claim, -groups-prefix.
@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({}, ("https://id.example.com/#u-1", ())),
        ({"username_claim": "sub"}, ("https://id.example.com/#u-1", ())),
        ({"username_claim": "email"}, ("alice@example.com", ())),
        ({"username_claim": "email", "username_prefix": "oidc:"}, ("oidc:alice@example.com", ())),
        ({"username_prefix": "-"}, ("u-1", ())),
        ({"username_prefix": "oidc:"}, ("oidc:u-1", ())),
        ({"groups_claim": "groups"}, ("https://id.example.com/#u-1", ("dev", "ops"))),
        (
            {"username_prefix": "-", "groups_claim": "groups", "groups_prefix": "oidc:"},
            ("u-1", ("oidc:dev", "oidc:ops")),
        ),
        ({"username_prefix": "-", "groups_claim": "groups", "groups_prefix": "-"}, ("u-1", ("-dev", "-ops"))),
        ({"username_prefix": "-", "groups_claim": "roles"}, ("u-1", ())),
    ],
)
def test_claims_become_the_names_that_kube_apiserver_makes_of_them(cluster, fields, right):
    assert named(cluster(**fields), CLAIMS) == right


@pytest.mark.parametrize(
    ("claim", "right"),
    [("dev", ("dev",)), (["dev"], ("dev",)), ([], ()), (None, ()), (["dev", "a,b"], ("dev", "a,b"))],
)
def test_groups_are_one_name_or_a_list_of_names(cluster, claim, right):
    row = cluster(username_prefix="-", groups_claim="roles")
    assert named(row, {"sub": "u-1", "roles": claim}) == ("u-1", right)


@pytest.mark.parametrize("claim", [{"a": "b"}, 7, True, False, 0, [1], ["a", None], [["a"]]])
def test_groups_that_are_no_names_are_refused(cluster, claim):
    with pytest.raises(NoCredentials, match="The claim roles of your identity is not a list of groups"):
        impersonated(cluster(username_prefix="-", groups_claim="roles"), {"sub": "u-1", "roles": claim})


@pytest.mark.parametrize("claims", [{}, {"sub": ""}, {"sub": 7}, {"sub": None}, {"sub": ["a"]}, {"email": "a@b"}])
def test_who_has_no_such_claim_is_nobody(cluster, claims):
    with pytest.raises(NoCredentials, match="Your identity has no sub"):
        impersonated(cluster(username_prefix="-"), claims)


def test_a_nested_claim_is_no_claim(cluster):
    with pytest.raises(NoCredentials, match=r"no realm\.name"):
        impersonated(cluster(username_claim="realm.name", username_prefix="-"), {"realm": {"name": "alice"}})


def test_without_an_issuer_there_is_no_default_prefix(cluster):
    with pytest.raises(NoCredentials, match="does not say its issuer"):
        impersonated(cluster(), {"sub": "u-1"})
    assert named(cluster(issuer="https://id.example.com"), {"sub": "u-1"})[0] == "https://id.example.com#u-1"


@pytest.mark.parametrize("verified", [False, None, "true", 1, "false"])
def test_an_email_that_is_not_verified_names_nobody(cluster, verified):
    with pytest.raises(NoCredentials, match=r"alice@example\.com is not verified"):
        impersonated(cluster(username_claim="email"), {**CLAIMS, "email_verified": verified})


def test_an_email_that_is_verified_or_says_nothing_of_it_names_somebody(cluster):
    for claims in ({**CLAIMS, "email_verified": True}, CLAIMS):
        assert named(cluster(username_claim="email"), claims)[0] == "alice@example.com"
    # Only the name is taken from the address: who is known by sub needs no verified one.
    assert named(cluster(username_prefix="-"), {**CLAIMS, "email_verified": False})[0] == "u-1"


def test_check_22_two_groups_are_two_headers_and_nothing_else_is_added(serve, cluster):
    fake = serve(hello)
    row = cluster(username_prefix="-", groups_claim="groups", groups_prefix="team:")
    connect(fake.cluster(), impersonated(row, {"sub": "山田", "groups": ["a", "b"]})).get(path("x"))
    (seen,) = fake.seen
    sent = [(name, value) for name, value in seen.headers if name.lower().startswith(("impersonate", "authorization"))]
    assert sent == [
        ("Authorization", "Bearer porthole-1"),
        ("Impersonate-User", "山田"),
        ("Impersonate-Group", "team:a"),
        ("Impersonate-Group", "team:b"),
    ]


@pytest.mark.parametrize(
    ("fields", "claims"),
    [
        ({"username_prefix": "-"}, {"sub": "system:admin"}),
        ({"username_prefix": "-"}, {"sub": "system:serviceaccount:kube-system:default"}),
        ({"username_prefix": "system:"}, {"sub": "admin"}),
        ({"username_prefix": "sys"}, {"sub": "tem:admin"}),
        ({"username_prefix": "-", "groups_claim": "groups"}, {"sub": "a", "groups": ["dev", "system:masters"]}),
        ({"username_prefix": "-", "groups_claim": "groups"}, {"sub": "a", "groups": "system:masters"}),
        (
            {"username_prefix": "-", "groups_claim": "groups", "groups_prefix": "system:"},
            {"sub": "a", "groups": ["masters"]},
        ),
        ({"username_prefix": "-", "groups_claim": "groups"}, {"sub": "a", "groups": [" system:masters"]}),
        ({"username_prefix": "-", "groups_claim": "groups"}, {"sub": "a", "groups": [""]}),
    ],
)
def test_check_23_names_that_kubernetes_keeps_for_itself_are_refused_and_nothing_is_sent(
    serve, cluster, fields, claims
):
    fake = serve(hello)
    connection = connect(fake.cluster(), impersonated(cluster(**fields), claims))
    with pytest.raises(NoCredentials):
        connection.get(path("x"))
    assert fake.connections == 0


def test_check_23_a_prefix_makes_another_name_of_it(serve, cluster):
    fake = serve(hello)
    row = cluster(username_prefix="oidc:", groups_claim="groups", groups_prefix="oidc:")
    connect(fake.cluster(), impersonated(row, {"sub": "system:admin", "groups": ["system:masters"]})).get(path("x"))
    assert fake.seen[0].all("Impersonate-User") == ["oidc:system:admin"]
    assert fake.seen[0].all("Impersonate-Group") == ["oidc:system:masters"]


def test_a_cluster_without_an_impersonator_impersonates_nobody():
    with pytest.raises(NoCredentials, match="Home: its settings name no impersonator's token file"):
        impersonated(Cluster(name="home", title="Home"), CLAIMS)


def test_the_impersonators_token_is_read_at_each_call(serve, cluster, token_file):
    fake = serve(hello)
    connection = connect(fake.cluster(), impersonated(cluster(username_prefix="-"), CLAIMS))
    connection.get(path("x"))
    token_file.write_text("porthole-2")
    connection.get(path("x"))
    assert [seen.all("Authorization") for seen in fake.seen] == [["Bearer porthole-1"], ["Bearer porthole-2"]]


@pytest.mark.parametrize("content", [b"", b"\n", b"hush hush", b"hush\xff", b"hush\nhush", b"h" * 70_000, b"h\0"])
def test_a_file_that_holds_no_token_is_refused_without_a_word_of_its_content(serve, folder, content):
    fake = serve(hello)
    file = folder / "other"
    file.write_bytes(content)
    with pytest.raises(NoCredentials, match="other cannot be used: it holds no token") as caught:
        connect(fake.cluster(), Impersonation(TokenFile(str(file)), "alice")).get(path("x"))
    assert ("hush" in caught.value.message, fake.connections) == (False, 0)


def test_a_token_file_that_cannot_be_read_is_refused(serve, folder):
    fake = serve(hello)
    for name, said in (("absent", "No such file"), ("folder", "Is a directory")):
        (folder / "folder").mkdir(exist_ok=True)
        with pytest.raises(NoCredentials, match=f"{name} cannot be used: {said}"):
            connect(fake.cluster(), TokenFile(str(folder / name))).get(path("x"))
    assert fake.connections == 0


def test_a_file_elsewhere_is_not_read_wherever_a_link_leads(serve, folder, tmp_path):
    fake = serve(hello)
    outside = tmp_path / "outside"
    outside.write_text("hush")
    (folder / "link").symlink_to(outside)
    for file in (outside, folder / "link", folder / ".." / "outside"):
        with pytest.raises(NoCredentials, match="lies below none of the folders"):
            connect(fake.cluster(), TokenFile(str(file))).get(path("x"))
    assert fake.connections == 0


def test_a_token_that_a_kubelet_puts_behind_links_is_read(serve, folder):
    """As a projected volume has it: token -> ..data/token, ..data -> ..2026_11_27."""
    fake = serve(hello)
    (folder / "..2026").mkdir()
    (folder / "..2026" / "token").write_text("porthole")
    (folder / "..data").symlink_to("..2026")
    (folder / "projected").symlink_to("..data/token")
    connect(fake.cluster(), TokenFile(str(folder / "projected"))).get(path("x"))
    assert fake.seen[0].all("Authorization") == ["Bearer porthole"]


@pytest.fixture
def pod(settings, folder):
    """The folder of the pod's own ServiceAccount, as a kubelet fills it; its token is ``own``."""
    account = folder / "serviceaccount"
    (account / "..2026").mkdir(parents=True)
    (account / "..2026" / "token").write_text("own")
    (account / "..data").symlink_to("..2026")
    (account / "token").symlink_to("..data/token")
    settings.CONFIG = {**settings.CONFIG, "PORTHOLE_SERVICE_ACCOUNT_FOLDER": str(account)}
    return account


def test_the_pod_s_own_token_goes_to_no_other_cluster_by_whatever_path(serve, folder, pod):
    fake = serve(hello)
    (folder / "link").symlink_to(pod / "token")
    (folder / "linked").symlink_to(pod)
    for file in ("serviceaccount/token", "serviceaccount/..data/token", "serviceaccount/..2026/token", "link",
                 "linked/token", "x/../serviceaccount/token"):  # fmt: skip
        row = fake.cluster(impersonator_token_file=str(folder / file))
        with pytest.raises(NoCredentials, match="token of Porthole's own pod goes to the cluster around it only"):
            connect(row, impersonated(row, CLAIMS)).get(path("x"))
    assert fake.connections == 0


def test_a_token_that_the_pod_s_own_folder_links_to_is_the_pod_s_own(serve, folder, pod):
    fake = serve(hello)
    (folder / "elsewhere").write_text("own")
    (pod / "token").unlink()
    (pod / "token").symlink_to(folder / "elsewhere")
    for file in (pod / "token", folder / "elsewhere"):
        row = fake.cluster(impersonator_token_file=str(file))
        with pytest.raises(NoCredentials, match="token of Porthole's own pod"):
            connect(row, impersonated(row, CLAIMS)).get(path("x"))
    assert fake.connections == 0


def test_the_pod_s_own_token_goes_to_the_cluster_around_it_but_through_no_proxy(serve, settings, pod, tmp_path):
    fake = serve(hello, server_context(tmp_path))
    stranger = serve(hello)
    around = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": fake.port}
    settings.CONFIG = {**settings.CONFIG, **around}
    row = fake.cluster(certificate_authority=CA.certificate, impersonator_token_file=str(pod / "token"))
    connect(row, impersonated(row, CLAIMS)).get(path("x"))
    assert fake.seen[0].all("Authorization") == ["Bearer own"]
    row.proxy_url = stranger.url
    with pytest.raises(NoCredentials, match="through no proxy"):
        connect(row, impersonated(row, CLAIMS)).get(path("x"))
    assert (len(fake.seen), stranger.connections) == (1, 0)


def test_the_pod_s_own_folder_needs_no_mention(serve, settings, pod, tmp_path):
    fake = serve(hello, server_context(tmp_path))
    around = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": fake.port}
    settings.CONFIG = {**settings.CONFIG, **around, "PORTHOLE_TOKEN_FOLDERS": ["/nowhere"]}
    row = fake.cluster(certificate_authority=CA.certificate, impersonator_token_file=str(pod / "token"))
    connect(row, impersonated(row, CLAIMS)).get(path("x"))
    assert fake.seen[0].all("Authorization") == ["Bearer own"]


def test_a_secret_of_porthole_s_own_goes_to_no_server_by_whatever_path(serve, settings, folder, tmp_path):
    """In a folder that is read, as a kubelet mounts it; another mount of it is the same file under another path."""
    (folder / "..2026").mkdir()
    (folder / "..data").symlink_to("..2026")
    for name in ("client-secret", "impersonator"):
        (folder / "..2026" / name).write_text(name)
        (folder / name).symlink_to(f"..data/{name}")
    (folder / "link").symlink_to(folder / "client-secret")
    (folder / "mounted").hardlink_to(folder / "..2026" / "client-secret")
    (tmp_path / "elsewhere").symlink_to(folder / "client-secret")
    fake = serve(hello)
    for named in (folder / "client-secret", tmp_path / "elsewhere"):
        settings.SECRET_FILES = [str(named)]
        for file in ("client-secret", "..data/client-secret", "..2026/client-secret", "link", "mounted"):
            row = fake.cluster(impersonator_token_file=str(folder / file))
            with pytest.raises(NoCredentials, match=f"{file} cannot be used: it holds a secret of Porthole's own"):
                connect(row, impersonated(row, CLAIMS)).get(path("x"))
            with pytest.raises(ValidationError, match="holds a secret of Porthole's own"):
                row.clean_fields(exclude=["server"])
    assert fake.connections == 0
    row = fake.cluster(impersonator_token_file=str(folder / "impersonator"))
    connect(row, impersonated(row, CLAIMS)).get(path("x"))
    assert fake.seen[0].all("Authorization") == ["Bearer impersonator"]


def test_a_secret_that_is_not_there_yet_is_refused_as_well(settings, folder):
    settings.SECRET_FILES = [str(folder / "client-secret")]
    (folder / "linked").symlink_to(folder)
    row = Cluster(name="home", impersonator_token_file=str(folder / "linked" / "client-secret"))
    with pytest.raises(ValidationError, match="holds a secret of Porthole's own"):
        row.clean_fields(exclude=["server"])


def test_renewed_credentials_are_asked_for_at_every_call(serve):
    fake = serve(hello)
    tokens = iter(["at-connect", "first", "second"])
    connection = connect(fake.cluster(), Renewed(lambda: BearerToken(next(tokens))))
    connection.get(path("x"))
    with connection.stream(path("x")) as chunks:
        list(chunks)
    assert [seen.all("Authorization") for seen in fake.seen] == [["Bearer first"], ["Bearer second"]]


def test_renewed_credentials_that_are_over_end_the_calls(serve):
    fake = serve(hello)
    answers = [OLIVIA, OLIVIA, None]
    connection = connect(fake.cluster(), Renewed(lambda: answers.pop(0)))
    connection.get(path("x"))
    with pytest.raises(NoCredentials, match="not signed in to this cluster any more"):
        connection.get(path("x"))
    with pytest.raises(NoCredentials):
        connect(fake.cluster(), Renewed(lambda: None))
    assert len(fake.seen) == 1


OVER = NoCredentials("Sign in again.")


def over():
    raise OVER


def test_what_renewing_raises_goes_through(serve):
    fake = serve(hello)
    with pytest.raises(NoCredentials) as at_once:
        connect(fake.cluster(), Renewed(over))
    asks = [lambda: OLIVIA, over]

    def ask():
        return asks.pop(0)()

    connection = connect(fake.cluster(), Renewed(ask))
    with pytest.raises(NoCredentials) as later:
        connection.get(path("x"))
    assert (at_once.value, later.value, fake.connections) == (OVER, OVER, 0)


def test_renewed_certificates_are_presented_by_connections_of_their_own(serve, tmp_path):
    def who(seen):
        subject = (seen.peer_certificate or {}).get("subject", ())
        return http({"you": [value for part in subject for key, value in part if key == "commonName"]})

    fake = serve(who, server_context(tmp_path, clients=CA))
    presented = [person("olivia"), person("olivia"), person("olivia-renewed"), Impersonation(person("porthole"), "bob")]
    connection = connect(fake.cluster(certificate_authority=CA.certificate), Renewed(lambda: presented.pop(0)))
    found = [connection.get(path("x"))["you"] for _ in range(3)]
    assert found == [["olivia"], ["olivia-renewed"], ["porthole"]]


def test_a_renewed_certificate_is_never_left_out_in_silence(serve):
    fake = serve(hello)
    presented = [OLIVIA, person("olivia"), person("olivia")]
    connection = connect(fake.cluster(), Renewed(lambda: presented.pop(0)))
    with pytest.raises(NoCredentials, match="https only"):
        connection.get(path("x"))
    with pytest.raises(NoCredentials, match="https only"):
        connect(fake.cluster(), Renewed(lambda: presented.pop(0)))
    assert fake.connections == 0


def test_renewing_does_not_show_in_what_is_printed():
    assert repr(Renewed(lambda: ClientCertificate("c", "hush"))) == "Renewed()"
