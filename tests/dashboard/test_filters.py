"""What of a list is chosen is in sight, can be taken off, and says why it shows nothing."""

import pytest

from tests.dashboard.pages import tree

SHOP = "/c/demo/shop/pods/"
HTMX = {"HX-Request": "true", "HX-Target": "tbody#rows"}


def used(page):
    return {link.text.removeprefix("Remove: "): link.attributes["href"] for link in page.by_id("used").all("a")}


def test_labels_and_an_order_are_named_each_with_a_way_to_take_it_off(olivia):
    page = tree(olivia.get(f"{SHOP}?q=a&selector=app%3Dapi&state=ok&sort=-age").content)
    assert used(page) == {
        "Labels app=api": f"{SHOP}?q=a&state=ok&sort=-age",
        "Sorted by Age, descending": f"{SHOP}?q=a&selector=app%3Dapi&state=ok",
    }
    assert used(tree(olivia.get(f"{SHOP}?q=a&state=ok").content)) == {}
    assert list(used(tree(olivia.get(f"{SHOP}?sort=restarts").content))) == ["Sorted by Restarts"]


def test_the_order_that_a_kind_has_by_itself_is_not_called_chosen(olivia):
    assert used(tree(olivia.get("/c/demo/shop/events/").content)) == {}


def test_what_is_chosen_is_named_while_one_filters_too(olivia):
    part = tree(olivia.get(f"{SHOP}?selector=app%3Dapi", headers=HTMX).content)
    target = next(each for each in part.all("hx-partial") if each.attributes["hx-target"] == "#used")
    assert target.text == "Remove: Labels app=api"


def test_a_wrong_selector_says_why_among_the_rows_too(olivia):
    part = tree(olivia.get(f"{SHOP}?selector=app%3D%3D%3D", headers=HTMX).content)
    assert part.one("p", class_="said").text.startswith("unable to parse requirement")
    whole = tree(olivia.get(f"{SHOP}?selector=app%3D%3D%3D").content)
    assert whole.all("p", class_="said") == []  # there it stands at its field
    assert list(used(whole)) == ["Labels app==="]


@pytest.mark.parametrize("text", ["app=api", "app==api", "app!=cart,app", "app.example.com/name=x"])
def test_a_text_that_reads_like_labels_offers_to_look_for_them(olivia, text):
    page = tree(olivia.get(SHOP, {"q": text, "state": "ok"}).content)
    link = next(each for each in page.by_id("none").all("a") if each.text == f"Search labels for {text}")
    found = olivia.get(link.attributes["href"]).context["page"]
    assert (found.form.selector, found.form.text, found.form.state) == (text, "", "ok")


def test_labels_are_added_to_those_that_are_chosen(olivia):
    page = olivia.get(SHOP, {"q": "tier=web", "selector": "app=api"}).context["page"]
    assert page.labels_url == f"{SHOP}?selector=app%3Dapi%2Ctier%3Dweb"


@pytest.mark.parametrize("text", ["nothing-is-called-so", "=", "a b", "<b>=1"])
def test_no_other_text_does(olivia, text):
    assert not olivia.get(SHOP, {"q": text}).context["page"].labels_url


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (SHOP, "Name (as listed)"),
        ("/c/demo/-/pods/", "Namespace and name (as listed)"),
        ("/c/demo/shop/events/", "Usual order"),
    ],
)
def test_the_order_that_nobody_chose_says_what_it_is(olivia, address, words):
    assert tree(olivia.get(address).content).one("select", name="sort").all("option")[0].text == words
