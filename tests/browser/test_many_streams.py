"""When too many pages are live already, the next ones ask again every few seconds."""

from pathlib import Path

from playwright.sync_api import Browser, Request, expect

from tests.browser.sites import demo_site


def test_above_the_cap_pages_ask_again(browser: Browser, tmp_path: Path) -> None:
    with demo_site(tmp_path, PORTHOLE_STREAMS="1") as site:
        context = browser.new_context()
        first, listing, workload = context.new_page(), context.new_page(), context.new_page()
        site.sign_in(first, "olivia")
        first.goto(site.address("olivia", "shop/pods/"))
        expect(first.locator("#live")).to_have_text("Live", use_inner_text=True)
        # What each page asks for again, and where the answer goes.
        wanted = {
            site.address("olivia", "shop/pods/"): "tbody#rows",
            site.address("olivia", "shop/deployments.apps/cart/"): "main#main",
        }
        for page, address in zip((listing, workload), wanted, strict=True):
            page.goto(address)
            page.evaluate("window.sameDocument = true")
            expect(page.locator("#live")).to_have_text("Paused", use_inner_text=True)
        asked: dict[str, str | None] = {}

        def note(request: Request) -> None:
            if request.url in wanted:
                asked[request.url] = request.headers.get("hx-target")

        context.on("requestfinished", note)
        for _tenth in range(150):
            if asked == wanted:
                break
            first.wait_for_timeout(100)
        assert asked == wanted
        for page in (listing, workload):
            expect(page.locator("#rows .row").first).to_be_visible()
            assert page.locator("main").count() == page.locator("h1").count() == 1
            assert page.evaluate("window.sameDocument")
        context.close()
