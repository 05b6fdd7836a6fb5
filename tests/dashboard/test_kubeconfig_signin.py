"""The way in on one's own machine: by a link that works once, from here only, with each cluster's own credentials."""

import threading

import pytest
from django.db import connections
from django.test import Client

from clusters.models import Cluster
from dashboard.models import SignInLink
from tests.dashboard.pages import tree
from tests.dashboard.wire import tapped

PODS = "/c/home/shop/pods/"
HERE = {"HTTP_HOST": "localhost"}


@pytest.fixture
def here(browser, kubeconfig):
    """A browser on this machine, with the kubeconfig served."""
    kubeconfig()
    return browser(**HERE)


def link():
    return f"/signin/kubeconfig/?token={SignInLink.renew()}"


def test_the_link_signs_in_and_the_next_one_is_shown_in_the_terminal(here, capsys, tap):
    response = here.get(f"{link()}&next={PODS}")
    assert response.headers["Location"] == PODS
    assert here.get(PODS).status_code == 200
    assert {request.header("authorization") for request in tap.seen} == {"Bearer olivia-token"}
    printed = capsys.readouterr().out
    following = printed[printed.index("http://localhost/signin/kubeconfig/?token=") :].strip()
    assert here.get(following.removeprefix("http://localhost")).status_code == 302


def test_the_link_works_once(here, browser):
    once = link()
    assert here.get(once).status_code == 302
    another = browser(**HERE)
    response = another.get(once)
    assert response.status_code == 403
    assert "This link has been used" in tree(response.content).text
    assert another.get(PODS).status_code == 302


def test_a_link_is_void_once_there_is_a_newer_one(here):
    former = link()
    link()
    assert here.get(former).status_code == 403


@pytest.mark.parametrize("token", ["", "x", "0" * 43])
def test_a_made_up_token_is_refused(here, token):
    link()
    assert here.get("/signin/kubeconfig/", {"token": token}).status_code == 403


def test_asking_for_the_head_of_the_link_does_not_use_it_up(here):
    once = link()
    assert here.head(once).status_code == 405
    assert here.get(once).status_code == 302


def test_the_token_itself_is_not_in_the_database(db):
    token = SignInLink.renew()
    assert token not in str(list(SignInLink.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_of_many_who_follow_the_link_at_once_one_is_let_in(kubeconfig, capsys):
    kubeconfig()
    once, ready, statuses = link(), threading.Barrier(8), []

    def follow():
        client = Client(**HERE)
        ready.wait(timeout=10)
        statuses.append(client.get(once).status_code)
        connections.close_all()

    threads = [threading.Thread(target=follow) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(statuses) == [302] + [403] * 7


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("192.0.2.7", "localhost"),
        ("192.0.2.7", "127.0.0.1"),
        ("::ffff:192.0.2.7", "localhost"),
        ("127.0.0.1", "rebound.example"),
        ("127.0.0.1", "127.0.0.1.rebound.example"),
        ("", "localhost"),
    ],
)
def test_only_this_machine_under_its_own_name_may_follow_the_link(here, settings, peer, host):
    settings.ALLOWED_HOSTS = ["*"]
    once = link()
    response = here.get(once, REMOTE_ADDR=peer, HTTP_HOST=host)
    assert response.status_code == 403
    assert "Only from this machine" in tree(response.content).text
    assert here.get(once).status_code == 302


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_this_machine_has_several_names(here, host):
    assert here.get(link(), HTTP_HOST=host, REMOTE_ADDR="::1" if "::1" in host else "127.0.0.1").status_code == 302


@pytest.mark.parametrize(("peer", "host"), [("192.0.2.7", "localhost"), ("127.0.0.1", "rebound.example")])
def test_a_session_is_of_no_use_from_elsewhere(here, settings, tap, peer, host):
    settings.ALLOWED_HOSTS = ["*"]
    here.get(link())
    assert here.get(PODS, REMOTE_ADDR=peer, HTTP_HOST=host).status_code == 404
    assert tap.seen == []


def test_a_header_cannot_make_a_stranger_local(here, tap):
    here.get(link())
    headers = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "X-Forwarded-Host": "localhost"}
    assert here.get(PODS, REMOTE_ADDR="192.0.2.7", headers=headers).status_code == 404
    assert tap.seen == []


def test_a_foreign_host_name_is_refused_with_a_page(here):
    response = here.get(link(), HTTP_HOST="rebound.example")
    assert response.status_code == 400
    assert "ALLOWED_HOSTS" in tree(response.content).text


def test_a_kubeconfig_that_is_gone_is_named(here, kubeconfig):
    here.get(link())
    file = kubeconfig()
    file.unlink()
    for address in ("/", "/clusters/", PODS):
        response = here.get(address)
        assert response.status_code == 403
        assert f"There is no kubeconfig at {file}" in tree(response.content).text


def test_a_kubeconfig_that_cannot_be_read_is_named(here, kubeconfig):
    here.get(link())
    file = kubeconfig()
    file.write_text("contexts: [")
    response = here.get(PODS)
    assert response.status_code == 403
    assert str(file) in tree(response.content).text


@pytest.fixture
def two(kubeconfig, browser, tap):
    """Two clusters, each with a token of its own: the browser of who may open both, and their wires."""
    with tapped(tap.target) as other:
        kubeconfig({"a": (tap.url, "olivia-token"), "b": (other.url, "victor-token")})
        client = browser(**HERE)
        client.get(link())
        yield client, tap, other


def tokens(wire):
    return {request.header("authorization") for request in wire.seen}


def test_each_cluster_gets_its_own_token_and_no_other(two):
    client, a, b = two
    assert client.get("/c/a/shop/pods/").status_code == 200
    assert b.seen == []
    assert client.get("/c/b/shop/pods/").status_code == 200
    assert (tokens(a), tokens(b)) == ({"Bearer olivia-token"}, {"Bearer victor-token"})


@pytest.mark.parametrize("position", [0, 1, 7])
@pytest.mark.parametrize(("name", "of"), [("b", 0), ("a", 1), ("home", 0), ("home", 1)])
def test_a_row_of_the_admin_never_moves_a_token_to_another_cluster(two, name, of, position):
    client, *wires = two
    Cluster.objects.create(name=name, server=wires[of].url, position=position)
    page = client.get("/clusters/").context["page"]
    names = [row.cluster.name for row in page.rows]
    assert len(set(names)) == 2
    for each in names:
        assert client.get(f"/c/{each}/shop/pods/").status_code == 200
    assert [tokens(wire) for wire in wires] == [{"Bearer olivia-token"}, {"Bearer victor-token"}]


def test_two_people_at_one_cluster_stay_two_clusters(kubeconfig, browser, tap):
    kubeconfig({"a": (tap.url, "olivia-token"), "b": (tap.url, "victor-token")})
    Cluster.objects.create(name="home", title="Home", server=tap.url, position=1, color="#112233")
    client = browser(**HERE)
    client.get(link())
    rows = client.get("/clusters/").context["page"].rows
    assert [row.cluster.color for row in rows] == ["#112233"] * 2
    found = []
    for row in rows:
        tap.seen.clear()
        assert client.get(f"/c/{row.cluster.name}/shop/pods/").status_code == 200
        found.append(tokens(tap))
    assert found == [{"Bearer olivia-token"}, {"Bearer victor-token"}]


def test_a_row_of_the_admin_names_and_colours_a_cluster(two):
    client, a, _b = two
    Cluster.objects.create(name="home", title="At home", server=f"{a.url}/", color="#112233", production=True)
    response = client.get("/c/home/shop/pods/")
    assert response.status_code == 200
    cluster = response.context["cluster"]
    assert (cluster.title, cluster.color, cluster.production) == ("At home", "#112233", True)
    assert "--cluster:#112233" in response.content.decode()


def test_a_row_without_a_title_is_known_by_its_name(two):
    client, a, _b = two
    Cluster.objects.create(name="home", server=a.url)
    assert tree(client.get("/c/home/shop/pods/").content).one("a", class_="cluster").text == "Cluster: home"


def test_a_dead_cluster_delays_nobody_in_the_list(kubeconfig, browser, tap):
    kubeconfig({"a": (tap.url, "olivia-token"), "dead": ("http://127.0.0.1:9", "victor-token")})
    client = browser(**HERE)
    client.get(link())
    assert client.get("/").headers["Location"] == "/clusters/"
    page = tree(client.get("/clusters/").content)
    assert [a.attributes["href"] for a in page.by_id("main").all("a")] == ["/c/a/", "/c/dead/", "/sessions/"]
    assert tap.seen == []
