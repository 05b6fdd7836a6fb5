"""What reaches an API server of what a browser sends: nothing that would make somebody else of the person."""

import pytest

CLAIMED = {
    "Authorization": "Bearer mallory",
    "Impersonate-User": "admin",
    "Impersonate-Group": "system:masters",
    "Impersonate-Uid": "0",
    "Impersonate-Extra-Scopes": "all",
    "Cookie-2": "x",
    "X-Remote-User": "admin",
    "X-Remote-Group": "system:masters",
}
PAGES = ["/c/demo/", "/c/demo/shop/pods/", "/c/demo/shop/pods/database-0/", "/c/demo/shop/pods/database-0/yaml/"]


@pytest.mark.parametrize("page", PAGES)
def test_check_22_what_a_browser_claims_never_reaches_the_cluster(olivia, tap, page):
    assert olivia.get(page, headers=CLAIMED).status_code in (200, 404)
    assert tap.seen
    for seen in tap.seen:
        names = {name for name, _value in seen.headers}
        assert [name for name in names if name.startswith(("impersonate-", "x-remote-", "cookie"))] == []
        assert [value for name, value in seen.headers if name == "authorization"] == ["Bearer olivia-token"]


# What a browser can write into an address so that Porthole reads a name of it.
ILLEGAL = ["%2e", "%2e%2e", "%252e", "%3Fx=1", "%23x", "%5C", "%0A", "%00", "%2e%2e%2f%2e%2e%2fkube-system", "a%2Fb"]


@pytest.mark.parametrize("name", ILLEGAL)
def test_check_37_an_illegal_name_in_an_address_is_not_there_and_nothing_is_sent(olivia, tap, name):
    for address in (
        f"/c/demo/shop/pods/{name}/",
        f"/c/demo/{name}/pods/database-0/",
        f"/c/demo/{name}/pods/",
        f"/c/demo/shop/deployments/{name}/scale/",
        f"/c/demo/shop/pods/{name}/logs/",
    ):
        for ask in (olivia.get, olivia.post):
            assert ask(address).status_code in (400, 404, 405), address
    assert [seen.path for seen in tap.seen if "/shop/" in seen.path or "kube-system" in seen.path] == []
    assert tap.of("POST|PUT|PATCH|DELETE") == []


def test_check_37_an_empty_name_is_no_object(olivia, tap):
    for address in ("/c/demo/shop/pods//", "/c/demo//pods/x/", "/c/demo/shop//x/"):
        assert olivia.get(address).status_code == 404
    assert tap.seen == []
