"""With scripts off everything reads and scales: links are links and forms are forms."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.places import pod_named
from tests.browser.sites import Site


def test_from_the_list_to_a_log(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia", java_script_enabled=False)
    frontend = pod_named(site, page, "frontend")
    page.get_by_role("searchbox").fill("frontend")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".row")).to_have_count(3)
    page.get_by_role("link", name=frontend, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(frontend)
    page.get_by_label("Views").get_by_role("link", name="Logs").click()
    expect(page.locator("#log .l").first).to_be_visible()
    assert page.locator("#live").is_hidden()


def test_scaling_and_the_way_back(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia", java_script_enabled=False)
    cart = site.address("olivia", "shop/deployments.apps/cart/")
    page.goto(f"{cart}scale/")
    now = int(page.get_by_role("spinbutton", name="Replicas").input_value())
    page.get_by_role("link", name="One replica more").click()
    expect(page.get_by_role("spinbutton", name="Replicas")).to_have_value(str(now + 1))
    page.get_by_role("button", name="Scale").click()
    expect(page.get_by_text(f"Scaled from {now} to {now + 1}")).to_be_visible()
    expect(page.locator("#state")).to_contain_text(f"/{now + 1}")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#state")).to_contain_text(f"/{now}")


def test_filters_theme_and_namespaces(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as("olivia", java_script_enabled=False)
    page.goto(site.address("olivia", "shop/pods/"))
    page.locator("summary").click()
    page.get_by_label("Labels").fill("app=api")
    page.get_by_role("button", name="Apply").click()
    names = page.locator(".row .name").all_inner_texts()
    assert names
    assert all(name.startswith("api-") for name in names)
    page.locator(".top .namespace").click()
    page.get_by_role("link", name="jobs", exact=True).click()
    expect(page).to_have_url(site.address("olivia", "jobs/pods/"))
    page.goto(site.address("olivia", "more/"))
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
