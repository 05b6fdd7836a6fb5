"""The admin by a group of the provider: as long as the provider says so, for clusters only, and never stored."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from clusters.models import Cluster
from tests.dashboard.oidc.conftest import PODS, age, enter
from tests.dashboard.pages import tree

CLUSTERS = "/admin/clusters/cluster/"
NEW = {"name": "attic", "title": "Attic", "server": "https://10.0.0.1:6443", "color": "#aa3366", "position": "1"}


@pytest.fixture
def member(browser, op, home, configured):
    """Somebody whom the provider puts in a group of the admin."""
    configured(PORTHOLE_ADMIN_GROUPS=["operators"])
    client = browser()
    assert enter(client, op).status_code == 302
    return client


def test_check_45_a_member_of_the_group_may_set_clusters_up_and_leaves_a_trace(member):
    response = member.post(f"{CLUSTERS}add/", NEW)
    assert response.status_code == 302, tree(response.content).text
    assert Cluster.objects.filter(name="attic").exists()
    assert LogEntry.objects.get().user == User.objects.get()


def test_rights_by_a_group_are_stored_nowhere_and_reach_no_accounts(member):
    assert member.get(CLUSTERS).status_code == 200
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (False, False, False)
    assert not user.user_permissions.exists()
    assert not user.groups.exists()
    for address in ("/admin/auth/user/", f"/admin/auth/user/{user.pk}/change/", "/admin/auth/group/add/"):
        assert member.get(address).status_code in (403, 404)
    assert "Users" not in tree(member.get("/admin/").content).text


@pytest.mark.parametrize(
    "groups", [[], ["Operators"], ["others"], None, "others", {"operators": True}, [["operators"]]]
)
def test_who_is_in_no_such_group_is_told_so(browser, op, home, configured, groups):
    configured(PORTHOLE_ADMIN_GROUPS=["operators"])
    op.id_token_changes = op.userinfo_changes = {"groups": groups}
    client = browser()
    assert enter(client, op).status_code == 302
    response = client.get("/admin/")
    assert response.status_code == 403
    assert "The admin is not for you" in tree(response.content).text


def test_the_claim_of_the_groups_is_the_operator_s_to_name(browser, op, home, configured):
    configured(PORTHOLE_ADMIN_GROUPS=["operators"], PORTHOLE_ADMIN_GROUPS_CLAIM="roles")
    op.id_token_changes = {"roles": ["operators"], "groups": ["others"]}
    client = browser()
    assert enter(client, op).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_a_group_that_is_taken_away_takes_the_admin_at_the_next_renewal(browser, op, home, configured):
    configured(PORTHOLE_ADMIN_GROUPS=["operators"])
    op.lifetime = 30
    client = browser()
    assert enter(client, op).status_code == 302
    assert client.get("/admin/").status_code == 200
    op.id_token_changes = op.userinfo_changes = {"groups": ["others"]}
    age(client)
    assert client.get("/admin/").status_code == 403
    assert client.post(f"{CLUSTERS}add/", NEW).status_code == 403
    assert not Cluster.objects.filter(name="attic").exists()


def test_a_setting_that_is_taken_away_takes_the_admin_at_once(member, configured):
    assert member.get("/admin/").status_code == 200
    configured(PORTHOLE_ADMIN_GROUPS=["others"])
    assert member.get("/admin/").status_code == 403
    configured(PORTHOLE_ADMIN_GROUPS=[])
    assert member.get("/admin/").status_code == 404


def test_a_row_that_is_switched_off_does_not_come_in(member):
    User.objects.update(is_active=False)
    assert member.get("/admin/").status_code in (302, 403)
    assert member.get(CLUSTERS).status_code != 200


def test_a_row_with_a_name_of_the_file_keeps_nobody_out_and_can_be_renamed(browser, op, home, configured, tmp_path):
    file = tmp_path / "clusters.yaml"
    file.write_text(json.dumps([{"name": "main", "server": "https://10.0.0.2:6443"}]))
    configured(PORTHOLE_ADMIN_GROUPS=["operators"], PORTHOLE_CLUSTERS_FILE=str(file))
    row = Cluster.objects.create(name="main", server="https://10.0.0.1:6443")
    client = browser()
    assert enter(client, op).status_code == 302
    assert client.get(PODS).status_code == 200
    change = f"{CLUSTERS}{row.pk}/change/"
    form = {**NEW, "name": "main"}
    for address in (change, f"{CLUSTERS}add/"):
        response = client.post(address, form)
        assert response.status_code == 200
        assert "A cluster of PORTHOLE_CLUSTERS_FILE has this name, and counts." in tree(response.content).text
    assert client.post(change, NEW).status_code == 302
    row.refresh_from_db()
    assert row.name == "attic"


def test_a_file_that_never_could_be_read_keeps_nobody_from_signing_in(browser, op, home, configured, tmp_path):
    configured(PORTHOLE_ADMIN_GROUPS=["operators"], PORTHOLE_CLUSTERS_FILE=str(tmp_path / "absent.yaml"))
    client = browser()
    assert enter(client, op).status_code == 302
    assert client.get(CLUSTERS).status_code == 200
    assert client.post(f"{CLUSTERS}add/", NEW).status_code == 302
    response = client.get(PODS)
    assert response.status_code == 503
    assert "absent.yaml (PORTHOLE_CLUSTERS_FILE) cannot be used" in tree(response.content).text


def test_nobody_yet_signs_in_at_the_provider_and_comes_back(browser, op, home, configured):
    configured(PORTHOLE_ADMIN_GROUPS=["operators"])
    client = browser()
    for address in (CLUSTERS, "/admin/login/"):
        assert client.get(address)["Location"].startswith("/signin/?next=%2Fadmin%2F")
