"""What is not there says what could be: the list of a kind, or the kinds that there are."""

import pytest

from tests.dashboard.pages import tree


@pytest.mark.parametrize(
    ("address", "label", "leads_to"),
    [
        ("/c/demo/shop/pods/ghost/", "See all pods", "/c/demo/shop/pods/"),
        ("/c/demo/shop/pods/ghost/logs/", "See all pods", "/c/demo/shop/pods/"),
        ("/c/demo/-/nodes/ghost/yaml/", "See all nodes", "/c/demo/-/nodes/"),
        ("/c/demo/shop/deployments.apps/ghost/scale/", "See all deployments", "/c/demo/shop/deployments.apps/"),
        (
            "/c/demo/shop/boats.marina.example.com/ghost/",
            "See all boats.marina.example.com",
            "/c/demo/shop/boats.marina.example.com/",
        ),
    ],
)
def test_an_object_that_is_not_there_leads_to_the_list_of_its_kind(olivia, address, label, leads_to):
    response = olivia.get(address)
    assert response.status_code == 404
    page = tree(response.content)
    link = page.one("a", class_="main")
    assert (link.text, link.attributes["href"]) == (label, leads_to)
    assert "It may have been deleted" in page.text


@pytest.mark.parametrize("rest", ["", "albatross/", "albatross/yaml/", "albatross/scale/"])
def test_a_kind_that_is_not_there_was_not_deleted_a_moment_ago(olivia, rest):
    response = olivia.get(f"/c/demo/shop/unicorns.example.com/{rest}")
    assert response.status_code == 404
    page = tree(response.content)
    assert page.one("h1").text == "There is no such kind"
    assert "The cluster has no kind unicorns.example.com." in page.text
    assert "deleted" not in page.text
    assert page.one("a", class_="main").attributes["href"] == "/c/demo/more/"
