"""What RBAC refuses is not offered, is refused all the same when it is posted, and is seen anew on each page."""

import pytest

from tests.dashboard.api import api, scale_path
from tests.dashboard.pages import tree

FRONTEND = "/c/demo/shop/deployments.apps/frontend/"
SCALE = f"{FRONTEND}scale/"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings"


@pytest.fixture
def may_edit(demo):
    """``may_edit("victor")``: a RoleBinding of the test's own, which ``may_edit.end()`` takes away again."""
    made = []

    def grant(person):
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
        subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": person}
        body = {"metadata": {"name": f"{person}-edits"}, "roleRef": role, "subjects": [subject]}
        api(demo, "POST", BINDINGS, body)
        made.append(f"{person}-edits")

    def end():
        while made:
            api(demo, "DELETE", f"{BINDINGS}/{made.pop()}")

    grant.end = end
    yield grant
    end()


def buttons(client):
    return tree(client.get(FRONTEND).content).all("a", href=SCALE)


def test_check_33_a_changed_role_shows_on_the_next_page(victor, may_edit, demo):
    assert buttons(victor) == []
    may_edit("victor")
    assert len(buttons(victor)) == 1
    assert victor.post(SCALE, {"replicas": "4", "seen": "3"}).status_code == 303
    may_edit.end()
    assert buttons(victor) == []
    refused = victor.post(SCALE, {"replicas": "3", "seen": "4"})
    assert refused.status_code == 403
    assert 'User "victor" cannot update resource "deployments/scale"' in tree(refused.content).text
    assert api(demo, "GET", scale_path("deployments", "frontend"))["spec"]["replicas"] == 4


def test_check_35_every_call_names_porthole_to_the_api_server(olivia, tap):
    olivia.get(FRONTEND)
    olivia.post(SCALE, {"replicas": "5", "seen": "4"})
    olivia.get("/c/demo/shop/pods/image-resizer/logs/")
    agents = {request.header("user-agent").split("/")[0] for request in tap.seen}
    assert agents == {"porthole"}
    assert len(tap.seen) > 5
