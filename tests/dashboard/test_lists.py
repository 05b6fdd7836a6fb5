"""Lists of every kind: for those who may see them and those who may not, filtered, by state, and as fragments."""

import pytest

from clusters.kinds import KNOWN
from tests.dashboard.pages import tree
from tests.dashboard.wire import refusal

SHOP = "/c/demo/shop/pods/"
ALL = "/c/demo/-/pods/"
TROUBLES = {
    "checkout": ("ImagePullBackOff", "bad"),
    "image-resizer": ("OOMKilled", "bad"),
    "mailer": ("Terminating", "busy"),
    "migrations": ("Init:0/1", "busy"),
    "payments": ("Unknown", "bad"),
    "recommendations": ("Pending", "warn"),
    "worker": ("CrashLoopBackOff", "bad"),
}
CLUSTER_WIDE = {"nodes", "namespaces", "persistentvolumes", "clusterroles.rbac.authorization.k8s.io"}


def names(response):
    return [row.name for row in response.context["page"].rows]


def app_of(name):
    return name.split("-")[0] if name.startswith(("checkout", "worker")) else name


def test_a_row_says_what_state_a_pod_is_in_by_word_and_tone(olivia):
    page = tree(olivia.get(SHOP).content)
    rows = [row for row in page.by_id("rows").all("tr") if row.attributes["class"].startswith("row")]
    found = {}
    for row in rows:
        tones = [name for name in row.attributes["class"].split() if name.startswith("tone-")]
        found[app_of(row.one("td", class_="name").text)] = (row.one("td", class_="state").text, *tones)
    assert found.items() >= {name: (word, f"tone-{tone}") for name, (word, tone) in TROUBLES.items()}.items()
    assert [state for name, state in found.items() if name.startswith("frontend")] == [("Running", "tone-ok")] * 3


def test_a_row_leads_to_its_pod(olivia):
    page = tree(olivia.get(SHOP).content)
    address = page.by_id("rows").all("td", class_="name")[0].one("a").attributes["href"]
    assert address.startswith(f"{SHOP}api-")
    assert olivia.get(address).status_code == 200


def test_the_columns_are_the_api_server_s_own(olivia, tap):
    response = olivia.get(SHOP)
    columns = [column.name for column in response.context["page"].columns]
    # Nominated Node and Readiness Gates, next to always <none>, are left out.
    assert columns == ["Name", "Status", "Ready", "Restarts", "IP", "Node", "Age"]
    (request,) = tap.of(r"GET /api/v1/namespaces/shop/pods\?")
    assert request.header("accept") == "application/json;as=Table;v=v1;g=meta.k8s.io"


def test_every_row_has_a_cell_for_each_column(olivia):
    for address in (SHOP, ALL, "/c/demo/-/nodes/", "/c/demo/shop/boats.marina.example.com/"):
        page = tree(olivia.get(address).content)
        headings = [heading.attributes["class"] for heading in page.all("th")]
        for row in page.by_id("rows").all("tr", class_="row"):
            cells = [cell.attributes["class"] for cell in row.all("td") if cell.attributes["class"] != "facts"]
            if "state" not in headings:
                cells.remove("state")  # the style sheet hides it in a list without that heading
            assert cells == headings


@pytest.mark.parametrize("key", sorted(KNOWN))
def test_every_known_kind_is_listed_in_all_namespaces_and_in_one(olivia, key):
    for namespace in ("-", "shop"):
        response = olivia.get(f"/c/demo/{namespace}/{key}/")
        assert response.status_code == 200
        page = response.context["page"]
        assert len(page.rows) == min(page.total, 100)
        assert page.rows or (namespace, key) in {("shop", "daemonsets.apps"), ("shop", "jobs.batch")}
        assert page.all_namespaces == (namespace == "-" and KNOWN[key].namespaced)
        assert str(KNOWN[key].title_plural) == tree(response.content).one("h1").text


@pytest.mark.parametrize(
    "key",
    [
        "configmaps",
        "secrets",
        "services",
        "serviceaccounts",
        "persistentvolumes",
        "cronjobs.batch",
        "horizontalpodautoscalers.autoscaling",
        "ingresses.networking.k8s.io",
        "clusterroles.rbac.authorization.k8s.io",
        "boats.marina.example.com",
    ],
)
def test_kinds_that_porthole_has_never_heard_of_are_listed_too(olivia, key):
    response = olivia.get(f"/c/demo/-/{key}/")
    assert response.status_code == 200
    page = response.context["page"]
    assert page.rows
    assert page.total == len(page.rows)
    assert olivia.get(page.rows[0].url).status_code == 200


def test_a_custom_kind_has_its_own_columns(olivia):
    page = tree(olivia.get("/c/demo/shop/boats.marina.example.com/").content)
    assert [heading.text for heading in page.all("th")] == ["Name", "Berth", "Length", "State", "Captain", "Age"]
    first = page.by_id("rows").all("tr")[0]
    assert first.all("td")[0].text == "albatross"
    assert "A-12" in first.text
    assert [heading.attributes["class"] for heading in page.all("th")][2:5] == ["number", "text", "text wide"]


def test_a_list_of_secrets_shows_no_value(olivia):
    response = olivia.get("/c/demo/shop/secrets/")
    assert names(response) == ["database-credentials"]
    assert "not-a-real-password" not in response.content.decode()
    assert "bm90LWEtcmVhbC1wYXNzd29yZA" not in response.content.decode()


def test_a_kind_that_the_cluster_does_not_have_is_not_there(olivia):
    response = olivia.get("/c/demo/-/unicorns.example.com/")
    assert response.status_code == 404
    assert "unicorns.example.com" in tree(response.content).text


def test_an_empty_namespace_says_so(olivia):
    page = tree(olivia.get("/c/demo/empty/pods/").content)
    assert page.by_id("rows").text == "No pods in empty"
    assert page.by_id("count").text == "0"


def test_a_filter_that_nothing_matches_offers_the_way_back(olivia):
    page = tree(olivia.get(f"{SHOP}?q=nothing-like-this").content)
    assert page.by_id("rows").text == "No pods match Show all"
    assert page.by_id("rows").one("a").attributes["href"] == SHOP
    assert page.by_id("count").text == "0 of 15"


@pytest.mark.parametrize(
    ("person", "address", "title", "words"),
    [
        (
            "victor",
            "/c/demo/shop/secrets/",
            "You may not list secrets in shop",
            'User "victor" cannot list resource "secrets" in API group "" in the namespace "shop"',
        ),
        (
            "nadia",
            ALL,
            "You may not list pods in all namespaces",
            'User "nadia" cannot list resource "pods" in API group "" at the cluster scope',
        ),
        (
            "nadia",
            "/c/demo/jobs/pods/",
            "You may not list pods in jobs",
            'User "nadia" cannot list resource "pods" in API group "" in the namespace "jobs"',
        ),
        (
            "nadia",
            "/c/demo/-/nodes/",
            "You may not list nodes",
            'User "nadia" cannot list resource "nodes" in API group "" at the cluster scope',
        ),
    ],
)
def test_who_may_not_list_reads_why_in_the_server_s_words(signed_in, person, address, title, words):
    client = signed_in(person)
    response = client.get(address)
    assert response.status_code == 403
    page = tree(response.content)
    problem = page.one("div", class_="problem")
    assert problem.one("h2").text == title
    assert problem.one("p", class_="said").text == f"{address.split('/')[4]} is forbidden: {words}"
    assert page.all("i", id="stream") == []
    offered = [("Try one namespace", "/c/demo/namespaces/?kind=pods")] if address == ALL else []
    assert [(link.text, link.attributes["href"]) for link in problem.all("a")] == offered
    fragment = client.get(address, headers={"HX-Request": "true", "HX-Target": "tbody#rows"})
    assert fragment.status_code == 403
    assert words in tree(fragment.content).text
    assert tree(fragment.content).all("main") == []


def test_nadia_sees_her_own_namespace(nadia):
    response = nadia.get(SHOP)
    assert response.status_code == 200
    assert len(names(response)) == 15


def test_the_filter_looks_at_names_and_cells_whatever_the_case(olivia):
    assert [app_of(name) for name in names(olivia.get(f"{SHOP}?q=IMAGEpull"))] == ["checkout"]
    assert names(olivia.get(f"{SHOP}?q=database")) == ["database-0"]
    both = names(olivia.get(f"{SHOP}?q=harbor-2+running"))
    assert len(both) == 3
    assert all(name.startswith(("api-", "cart-", "frontend-")) for name in both)


def test_all_filters_stand_in_their_fields(olivia):
    page = tree(olivia.get(f'{SHOP}?q="<b>&selector=app%3Dapi&state=ok&sort=-age').content)
    form = page.one("form", class_="filter")
    values = {field.attributes["name"]: field.attributes["value"] for field in form.all("input")}
    assert values == {"q": '"<b>', "selector": "app=api", "state": "ok"}
    assert [option.attributes["value"] for option in form.all("option") if "selected" in option.attributes] == ["-age"]


def test_the_selector_is_the_api_server_s_to_read(olivia, tap):
    found = names(olivia.get(f"{SHOP}?selector=app in (api,cart),app!=cart"))
    assert [name.split("-")[0] for name in found] == ["api", "api"]
    assert tap.of(r"labelSelector=app(%20|\+)in")


def test_a_wrong_selector_stands_at_its_field_in_the_server_s_words(olivia):
    response = olivia.get(f"{SHOP}?selector=app%3D%3D%3D")
    assert response.status_code == 422
    page = tree(response.content)
    field = page.one("input", name="selector")
    assert (field.attributes["value"], field.attributes["aria-invalid"]) == ("app===", "true")
    assert "unable to parse requirement" in page.by_id("selector-wrong").text
    assert "e.g." not in page.by_id("selector-wrong").text
    assert "open" in page.one("details").attributes
    assert page.by_id("rows").text.startswith("Nothing is shown until the labels are corrected")
    assert page.all("div", class_="problem") == []


def test_states_are_counted_over_the_whole_set(olivia):
    response = olivia.get(f"{SHOP}?state=attention")
    counts = {state.key: state.count for state in response.context["page"].states}
    assert counts == {"": 15, "attention": 5, "busy": 2, "ok": 8, "off": 0}
    assert sorted(app_of(name) for name in names(response)) == sorted(
        name for name, (_, tone) in TROUBLES.items() if tone in ("bad", "warn")
    )
    page = tree(response.content)
    assert page.by_id("count").text == "5 of 15"
    chips = page.by_id("chips").all("a")
    assert [chip.text for chip in chips if chip.attributes.get("aria-current")] == ["Needs attention 5"]


def test_states_count_what_the_filter_leaves(olivia):
    counts = {state.key: state.count for state in olivia.get(f"{SHOP}?q=frontend&state=busy").context["page"].states}
    assert counts == {"": 3, "attention": 0, "busy": 0, "ok": 3, "off": 0}


def test_a_state_that_does_not_exist_filters_nothing(olivia):
    assert len(names(olivia.get(f"{SHOP}?state=purple"))) == 15


@pytest.mark.parametrize("sort", ["restarts", "status", "age", "name", "ready", "no such column"])
def test_descending_is_ascending_turned_round(olivia, sort):
    ascending = names(olivia.get(SHOP, {"sort": sort}))
    assert len(ascending) == 15
    assert names(olivia.get(SHOP, {"sort": f"-{sort}"})) == ascending[::-1]


def test_what_has_nothing_to_sort_by_comes_last_both_ways(olivia):
    for sort in ("node", "-node"):
        assert names(olivia.get(SHOP, {"sort": sort}))[-1] == "recommendations"


def test_rows_sort_by_what_a_column_means(olivia):
    assert names(olivia.get(f"{SHOP}?sort=-restarts"))[0].startswith("worker-")
    youngest = names(olivia.get(f"{SHOP}?sort=age"))
    assert [name.split("-")[0] for name in youngest[:2]] == ["cart", "cart"]
    statuses = [row.word for row in olivia.get(f"{SHOP}?sort=status").context["page"].rows]
    assert statuses == sorted(statuses, key=str.casefold)
    namespaces = [row.namespace for row in olivia.get(f"{ALL}?sort=-namespace").context["page"].rows]
    assert namespaces == sorted(namespaces, reverse=True)


def test_numbers_and_restarts_sort_most_first_and_names_do_not(olivia):
    page = olivia.get(SHOP).context["page"]
    links = {column.name: column.sort_url for column in page.columns}
    assert links["Restarts"] == f"{SHOP}?sort=-restarts"
    assert names(olivia.get(links["Restarts"]))[0].startswith("worker-")
    assert links["Name"] == f"{SHOP}?sort=name"
    boats = olivia.get("/c/demo/shop/boats.marina.example.com/").context["page"]
    assert [column.sort_url[-13:] for column in boats.columns if column.name == "Length"] == ["?sort=-length"]


def test_states_are_counted_without_a_filter_where_the_page_holds_the_whole_set(olivia):
    counts = {state.key: state.count for state in olivia.get(SHOP).context["page"].states}
    assert counts == {"": 15, "attention": 5, "busy": 2, "ok": 8, "off": 0}


def test_events_are_read_newest_first_by_what_they_say(olivia):
    response = olivia.get("/c/demo/shop/events/")
    page = response.context["page"]
    assert [(column.name, column.sorted) for column in page.columns if column.sorted] == [("Last Seen", "ascending")]
    assert [(state.key, state.label) for state in page.states] == [
        ("", "All"),
        ("attention", "Warnings"),
        ("off", "Normal"),
    ]
    labels = {fact.label for row in page.rows for fact in row.card}
    assert labels == {"Message", "Count", "Last Seen"}
    assert all("/" in row.name for row in response.context["page"].rows), "an event is known by its object"
    columns = [column.name for column in response.context["page"].columns]
    assert columns[:3] == ["Object", "State", "Last Seen"]
    assert not {"Type", "Reason"} & set(columns), "the state says it"
    warnings = olivia.get("/c/demo/shop/events/?state=attention").context["page"]
    assert {row.tone for row in warnings.rows} == {"warn"}
    assert "BackOff" in {row.word for row in warnings.rows}


def test_a_namespace_that_is_not_there_is_told_from_an_empty_one(olivia, nadia):
    page = tree(olivia.get("/c/demo/shpo/pods/").content)
    assert page.by_id("rows").text == "There is no namespace shpo Choose a namespace"
    assert page.by_id("rows").one("a").attributes["href"] == "/c/demo/namespaces/?kind=pods"
    assert "There is no namespace" not in tree(olivia.get("/c/demo/empty/pods/?q=a").content).text


def test_who_may_not_read_a_namespace_sees_an_empty_list_as_it_is(olivia, tap):
    with tap.answering(r"GET /api/v1/namespaces/empty$", 403, refusal(403, "Forbidden", "not for you")):
        page = tree(olivia.get("/c/demo/empty/pods/").content)
    assert page.by_id("rows").text == "No pods in empty"


def test_a_list_has_its_words_for_when_the_last_row_goes(olivia):
    assert tree(olivia.get(SHOP).content).by_id("none").text == "No pods in shop"


def test_a_heading_sorts_and_then_turns_round(olivia):
    page = tree(olivia.get(f"{SHOP}?q=api&sort=restarts").content)
    heading = next(each for each in page.all("th") if each.text == "Restarts")
    assert heading.attributes["aria-sort"] == "ascending"
    assert heading.one("a").attributes["href"] == f"{SHOP}?q=api&sort=-restarts"
    other = next(each for each in page.all("th") if each.text == "Node")
    assert "aria-sort" not in other.attributes
    assert other.one("a").attributes["href"] == f"{SHOP}?q=api&sort=node"


@pytest.mark.parametrize("target", ["tbody#rows", "tr#more"])
def test_the_rows_alone_for_those_parts_of_the_page(olivia, target):
    whole = olivia.get(f"{SHOP}?q=api")
    part = olivia.get(f"{SHOP}?q=api", headers={"HX-Request": "true", "HX-Target": target})
    assert [row.attributes["id"] for row in tree(part.content).all("tr")] == [
        row.attributes["id"] for row in tree(whole.content).by_id("rows").all("tr")
    ]
    assert b"<main" not in part.content
    assert b"<html" not in part.content
    targets = [each.attributes["hx-target"] for each in tree(part.content).all("hx-partial")]
    assert targets == ["#count", "#used", "#chips", "#source"]


@pytest.mark.parametrize("headers", [{}, {"HX-Target": "tbody#rows"}])
def test_a_whole_page_without_htmx(olivia, headers):
    assert tree(olivia.get(SHOP, headers=headers).content).one("main")


def test_page_and_fragment_are_kept_apart_and_out_of_every_cache(olivia):
    for headers in ({}, {"HX-Request": "true", "HX-Target": "tbody#rows"}):
        response = olivia.get(SHOP, headers=headers)
        assert response.headers["Cache-Control"] == "no-store"
        varied = {name.strip().lower() for name in response.headers["Vary"].split(",")}
        assert varied >= {"hx-request", "hx-target", "cookie"}


def test_a_cluster_that_fails_while_one_filters_says_so_among_the_rows(olivia, tap):
    with tap.answering(r"GET /api/v1/namespaces/shop/pods", 503, refusal(503, "ServiceUnavailable", "etcd is away")):
        response = olivia.get(f"{SHOP}?q=a", headers={"HX-Request": "true", "HX-Target": "tbody#rows"})
    assert response.status_code == 502
    fragment = tree(response.content)
    assert [child.tag for child in fragment.children if not isinstance(child, str)][:1] == ["tr"]
    assert "etcd is away" in fragment.text


def test_an_object_s_name_that_no_address_may_hold_is_refused_here(olivia, tap):
    for address in ("/c/demo/%2e%2e/pods/", "/c/demo/a%5Cb/pods/", "/c/demo/a%3Fb/pods/", "/c/demo/%00/pods/"):
        assert olivia.get(address).status_code == 404
    assert tap.seen == []


def test_a_card_says_ready_once(olivia):
    html = tree(olivia.get("/c/demo/shop/deployments.apps/").content)
    cards = {row.one("td", class_="name").text: row for row in html.all("tr", class_="row")}
    well, ill = cards["frontend"], cards["worker"]
    assert (well.one("td", class_="state").text, well.one("td", class_="facts").text) == ("Ready", "3/3 Up-to-date 3")
    assert (ill.one("td", class_="state").text, ill.one("td", class_="facts").text) == (
        "None ready",
        "Ready 0/1 Up-to-date 1",
    )
