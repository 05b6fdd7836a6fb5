"""The Django admin: whoever runs Porthole sets clusters up, is told what is wrong, and tests the connection."""

from datetime import timedelta

import pytest
from django.conf import Settings, global_settings
from django.contrib.auth.models import User
from django.utils import timezone

from clusters.models import Cluster
from dashboard.models import Session
from tests.cluster import certificates
from tests.clusters.fakes import http, serving
from tests.clusters.test_connection_tls import server_context
from tests.dashboard.pages import tree

CLUSTERS = "/admin/clusters/cluster/"
HOME = {"name": "home", "title": "Home", "server": "https://10.0.0.1:6443", "color": "#aa3366", "position": "1"}
CA = certificates.authority("porthole test")


@pytest.fixture
def operator(browser):
    """Somebody who may do everything in the admin."""
    client = browser()
    client.force_login(User.objects.create_superuser("operator", password="unguessable"))
    return client


def messages(page):
    return [item.text for item in page.all("ul", class_="messagelist")]


def test_a_cluster_is_added_changed_and_taken_away(operator):
    response = operator.post(f"{CLUSTERS}add/", {**HOME, "production": "on", "default_namespace": "shop"})
    assert response.status_code == 302, tree(response.content).text
    row = Cluster.objects.get()
    assert (row.name, row.production, row.default_namespace, row.position) == ("home", True, "shop", 1)
    assert "Home" in tree(operator.get(CLUSTERS).content).text
    operator.post(f"{CLUSTERS}{row.pk}/change/", {**HOME, "title": "Attic"})
    row.refresh_from_db()
    assert (row.title, row.production) == ("Attic", False)
    operator.post(f"{CLUSTERS}{row.pk}/delete/", {"post": "yes"})
    assert not Cluster.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"server": "http://10.0.0.1:6443"}, "Write the API server's address as https://host:port."),
        ({"server": "https://169.254.169.254"}, "This is the metadata address of a cloud, not an API server."),
        ({"name": "My Home"}, "Use lower-case letters, digits, dots and hyphens"),
        ({"color": "red"}, "Write the colour as #rrggbb."),
        ({"certificate_authority": "nonsense"}, "This is not a PEM certificate bundle"),
        ({"proxy_url": "proxy:3128"}, "Write the proxy's address as http://host:port."),
        (
            {"impersonator_token_file": "/var/run/secrets/kubernetes.io/serviceaccount/token"},
            "the token of Porthole's own pod goes to the cluster around it only, at https://kubernetes.default.svc or",
        ),
        (
            {"impersonator_token_file": "/run/secrets/oidc-client-secret"},
            "Tokens are read below /var/run/secrets/porthole/tokens only (PORTHOLE_TOKEN_FOLDERS).",
        ),
        ({"impersonator_token_file": "/var/run/secrets/a\0b"}, "Null characters are not allowed."),
        ({"default_namespace": "Shop!"}, "A namespace has lower-case letters, digits and hyphens, at most 63."),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field(operator, wrong, said):
    response = operator.post(f"{CLUSTERS}add/", {**HOME, **wrong})
    assert response.status_code == 200
    errors = [item.text for item in tree(response.content).all("ul", class_="errorlist")]
    assert any(said in error for error in errors), errors
    assert not Cluster.objects.exists()


def test_a_connection_is_tested_from_the_cluster_s_page_and_from_the_list(operator, tmp_path):
    pair = certificates.issue(CA, "kube-apiserver", hosts=["127.0.0.1"])
    with serving(lambda _seen: http(b"never"), server_context(tmp_path, pair)) as api:
        row = api.cluster(certificate_authority=CA.certificate)
        row.save()
        page = tree(operator.get(f"{CLUSTERS}{row.pk}/change/").content)
        test = page.by_id("test-connection").attributes["action"]
        said = messages(tree(operator.post(test, follow=True).content))
        assert len(said) == 1
        assert said[0].startswith("Fake answers by TLSv1.3 and is trusted; its certificate is valid until 20")
        action = {"action": "test_connections", "_selected_action": [row.pk]}
        assert messages(tree(operator.post(CLUSTERS, action, follow=True).content)) == said
        row.certificate_authority = ""
        row.save()
        (refused,) = messages(tree(operator.post(test, follow=True).content))
        assert refused.startswith("Fake: its certificate is not trusted")
        assert api.seen == []


def test_only_staff_that_may_change_clusters_test_them(operator, signed_in, tmp_path):
    with serving(lambda _seen: http(b"never")) as api:
        row = api.cluster()
        row.save()
        looker = operator
        looker.logout()
        user = User.objects.create_user("looker", password="unguessable", is_staff=True)
        looker.force_login(user)
        for client in (looker, signed_in("olivia")):
            client.post(f"{CLUSTERS}{row.pk}/test/")
            client.post(CLUSTERS, {"action": "test_connections", "_selected_action": [row.pk]})
        assert api.connections == 0


def test_check_45_the_admin_is_off_until_somebody_could_use_it(browser, olivia):
    for client in (browser(), olivia):
        for address in (CLUSTERS, "/admin/", "/admin/login/", "/admin/nothing/", "/admin/password_change/"):
            response = client.get(address)
            assert response.status_code == 404
            page = tree(response.content)
            assert "The admin is off" in page.text
            assert "manage.py createsuperuser" in page.text
            assert response["X-Request-ID"] in page.text


def test_check_45_there_is_no_default_account(db):
    assert not User.objects.exists()


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {"password": "!"}])
def test_an_account_that_cannot_come_in_does_not_turn_the_admin_on(operator, browser, change):
    User.objects.update(**change)
    assert browser().get("/admin/").status_code == 404


def test_nobody_yet_goes_to_the_form_and_on_to_where_they_wanted(operator, browser):
    client = browser()
    address = client.get(f"{CLUSTERS}?q=home")["Location"]
    assert address == "/admin/login/?next=%2Fadmin%2Fclusters%2Fcluster%2F%3Fq%3Dhome"
    assert client.get(address).status_code == 200
    form = {"username": "operator", "password": "unguessable", "next": f"{CLUSTERS}?q=home"}
    assert client.post(address, form)["Location"] == f"{CLUSTERS}?q=home"
    assert client.get(CLUSTERS).status_code == 200


def test_who_is_signed_in_without_rights_gets_a_page_and_no_loop(operator, olivia, browser):
    plain = browser()
    plain.force_login(User.objects.create_user("plain", password="unguessable"))
    for client in (olivia, plain):
        for address in (CLUSTERS, f"{CLUSTERS}add/", "/admin/"):
            response = client.get(address)
            assert response.status_code == 403
            page = tree(response.content)
            assert "The admin is not for you" in page.text
            (link,) = [each for each in page.all("a") if each.text == "Use an account of the admin"]
            assert client.get(link.attributes["href"]).status_code == 200, "the form itself"


def test_rights_that_a_row_has_count_with_its_password_only(operator, browser):
    """An account that came in by another way than its own password has no rights of the row."""
    client = browser()
    client.force_login(User.objects.get(), "dashboard.signin.openid.library.Backend")
    assert client.get(CLUSTERS).status_code == 403


def test_the_admin_s_session_has_a_new_key_and_ends_as_all_do(operator, browser, settings):
    client = browser()
    client.get("/admin/login/")
    before = client.cookies.get(settings.SESSION_COOKIE_NAME)
    client.post("/admin/login/", {"username": "operator", "password": "unguessable"})
    after = client.cookies[settings.SESSION_COOKIE_NAME]
    assert not before or before.value != after.value
    assert client.get("/admin/").status_code == 200
    row = Session.objects.order_by("-ends").first()
    left = row.ends - timezone.now()
    assert timedelta(0) < left <= timedelta(seconds=settings.CONFIG["SESSION_TTL"])
    Session.objects.update(expire_date=timezone.now())
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_check_41_the_admin_is_kept_nowhere_and_runs_no_code_of_others(operator):
    for address in ("/admin/", CLUSTERS, "/admin/jsi18n/"):
        response = operator.get(address)
        assert "no-store" in response["Cache-Control"]
        assert "unsafe-" not in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"


def test_the_form_picks_a_colour_and_says_whom_a_cluster_is_shown_to(operator):
    page = tree(operator.get(f"{CLUSTERS}add/").content)
    assert page.by_id("id_color").attributes["type"] == "color"
    assert page.by_id("id_color").attributes["value"] == "#2f6feb"
    assert "one that the kubeconfig does not name appears nowhere" in page.text


def test_passwords_are_kept_as_django_keeps_them_unless_told_otherwise(browser, settings):
    settings.PASSWORD_HASHERS = Settings("dashboard.settings").PASSWORD_HASHERS
    user = User.objects.create_superuser("keeper", password="unguessable")
    assert settings.PASSWORD_HASHERS == global_settings.PASSWORD_HASHERS
    assert user.password.startswith("pbkdf2_sha256$")
    client = browser()
    wrong = client.post("/admin/login/", {"username": "keeper", "password": "guessed"})
    assert (wrong.status_code, client.get(CLUSTERS).status_code) == (200, 302)
    client.post("/admin/login/", {"username": "keeper", "password": "unguessable"})
    assert client.get(CLUSTERS).status_code == 200
