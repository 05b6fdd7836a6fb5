"""Several people at once: nobody ever sees what another one may see."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.sites import Site

ROUNDS = 12
# Ask for many pages at once, and keep the answers until they are fetched: the browsers of two people ask side by side.
ASK = """([addresses, rounds]) => {
    window.answers = Promise.all(Array.from({length: rounds}, () => addresses).flat().map(
        address => fetch(address).then(async answer => [address, answer.status, await answer.text()])));
}"""


def test_two_people_at_the_same_time_are_never_mixed(site: Site, open_as: Callable[..., Page]) -> None:
    olivia, nadia = open_as("olivia"), open_as("nadia")
    paths = ["kube-system/pods/", "-/nodes/", "shop/pods/", "-/pods/"]
    for page, person in ((olivia, "olivia"), (nadia, "nadia")):
        page.goto(site.address(person, "more/"))
        page.evaluate(ASK, [[site.address(person, path) for path in paths], ROUNDS])
    seen = {"olivia": olivia.evaluate("window.answers"), "nadia": nadia.evaluate("window.answers")}
    assert len(seen["olivia"]) == len(seen["nadia"]) == ROUNDS * len(paths)
    for address, status, text in seen["olivia"]:
        assert status == 200, address
        assert 'class="row' in text
    for address, status, text in seen["nadia"]:
        if "/shop/" in address:
            assert status == 200, address
            assert "frontend-" in text
        else:
            assert status == 403, address
            assert "harbor-" not in text
            assert "kube-proxy" not in text
            assert "nadia" in text  # the API server says whom it took her for


def test_what_one_may_not_list_is_said_in_the_servers_words(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("nadia")
    page.goto(site.address("nadia", "kube-system/pods/"))
    expect(page.get_by_role("alert")).to_contain_text("You may not list pods in kube-system")
    expect(page.locator(".said")).to_have_text(
        'pods is forbidden: User "nadia" cannot list resource "pods" in API group "" in the namespace "kube-system"'
    )


def test_after_signing_out_the_way_back_shows_nothing(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia", session="own")
    page.goto(site.address("olivia", "shop/pods/"))
    expect(page.locator(".row").first).to_be_visible()
    page.goto(site.address("olivia", "more/"))
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site.url}/signin/")
    page.goto(site.address("olivia", "shop/pods/"))
    assert not page.locator(".row").count()
    page.go_back()
    assert not page.locator(".row").count()
