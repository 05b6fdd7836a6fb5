"""The Django admin: whoever runs Porthole sets clusters up, is told what is wrong, and tests the connection."""

import pytest
from django.contrib.auth.models import User

from clusters.models import Cluster
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


def test_a_demo_person_is_nobody_in_the_admin(olivia):
    for address in (CLUSTERS, f"{CLUSTERS}add/", "/admin/"):
        assert olivia.get(address).headers["Location"].startswith("/admin/login/")


def test_the_form_picks_a_colour_and_says_whom_a_cluster_is_shown_to(operator):
    page = tree(operator.get(f"{CLUSTERS}add/").content)
    assert page.by_id("id_color").attributes["type"] == "color"
    assert page.by_id("id_color").attributes["value"] == "#2f6feb"
    assert "one that the kubeconfig does not name appears nowhere" in page.text
