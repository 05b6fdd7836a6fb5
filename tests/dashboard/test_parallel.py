"""Two people at once on one Porthole: neither ever acts as, or sees the page of, the other."""

import threading

import pytest
from django.db import connections

from tests.dashboard.pages import tree

ROUNDS = 15


@pytest.mark.django_db(transaction=True)
def test_check_26_two_people_at_once_are_never_mixed(signed_in, tap):
    ready, failures = threading.Barrier(2), []

    def browse(person, namespace):
        client = signed_in(person)
        ready.wait(timeout=10)
        for _ in range(ROUNDS):
            page = tree(client.get(f"/c/demo/{namespace}/pods/").content)
            rows = page.by_id("rows").all("td", class_="name")
            found = {row.one("a").attributes["href"].split("/")[3] for row in rows}
            if found != {namespace}:
                failures.append((person, found))
        connections.close_all()

    people = {"olivia": "monitoring", "victor": "shop"}
    threads = [threading.Thread(target=browse, args=item) for item in people.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    for person, namespace in people.items():
        seen = tap.of(f"GET /api/v1/namespaces/{namespace}/pods")
        assert len(seen) == ROUNDS
        assert {request.header("authorization") for request in seen} == {f"Bearer {person}-token"}
