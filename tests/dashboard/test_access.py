"""From a URL's cluster to a person's own connection."""

import time

from django.http import HttpResponse

from dashboard.access import PAGE_SECONDS, at_cluster


def test_a_page_waits_for_its_cluster_for_a_bounded_time(olivia):
    connections = []

    @at_cluster
    def view(request, connection):
        connections.append(connection)
        return HttpResponse()

    request = olivia.get("/c/demo/").wsgi_request
    assert view(request, cluster="demo").status_code == 200
    left = connections[0].until - time.monotonic()
    assert 0 < left <= PAGE_SECONDS < 60
