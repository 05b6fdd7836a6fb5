"""Addresses that Porthole makes lead back to what they were made for, and nowhere else."""

from urllib.parse import unquote

import pytest
from django.test import RequestFactory
from django.urls import resolve

from clusters.kinds import KNOWN, PODS
from clusters.models import Cluster
from clusters.tables import Column, Row
from dashboard.links import home_url, list_url, object_url
from dashboard.returns import next_url, own_path
from dashboard.views.rows import layout

HOME = Cluster(name="home", title="Home", server="https://192.0.2.1:6443")


@pytest.mark.parametrize("name", ["web-1", "system:node", "a.b-c", "kube-root-ca.crt", "\u0416", "a b", "a+b", "a&b=c"])
@pytest.mark.parametrize("page", ["object", "logs", "events", "yaml", "scale"])
def test_an_object_s_address_has_its_name(name, page):
    found = resolve(unquote(object_url(HOME, PODS, "shop", name, page)))
    assert found.url_name == page
    assert found.kwargs == {"cluster": "home", "namespace": "shop", "kind": "pods", "name": name}


@pytest.mark.parametrize("name", ["web-1", "system:node", "a.b-c", "\u0416", "a b", "a+b"])
def test_a_row_leads_where_links_lead(name):
    row = Row("uid", "shop", name, None, (name,), PODS.state({}))
    found = resolve(unquote(layout(HOME, PODS, (Column("Name"),)).view(row).url))
    assert found.kwargs == resolve(unquote(object_url(HOME, PODS, "shop", name))).kwargs
    assert (found.url_name, found.kwargs["name"]) == ("object", name)


def test_lists_leave_out_what_is_not_asked_for():
    assert list_url(HOME, PODS) == "/c/home/-/pods/"
    assert list_url(HOME, PODS, "shop", q="", sort="-age") == "/c/home/shop/pods/?sort=-age"
    assert list_url(HOME, KNOWN["nodes"], "shop") == "/c/home/-/nodes/"
    assert home_url(HOME) == "/c/home/"


@pytest.mark.parametrize("url", ["/", "/c/home/", "/c/home/-/pods/?q=a&sort=-age", "/c/home/%2Fa/", "/a?next=//e"])
def test_own_paths_are_kept(url):
    assert own_path(url) == url


@pytest.mark.parametrize(
    "url",
    ["", "e", "//e", "/\\e", "\\\\e", "https://e", "https:///e", "http:e", "javascript:alert(1)", "https://us@e",
     "/\t/e", "\x00/e", " /e", "data:text/html,x", "///e", "/\\/e", "mailto:a@e"],
)  # fmt: skip
def test_any_other_is_the_first_page(url):
    assert own_path(url) == "/"


def test_a_form_s_field_comes_before_the_address_s():
    request = RequestFactory().post("/?next=/b/", {"next": "/a/"})
    assert next_url(request) == "/a/"
    assert next_url(RequestFactory().get("/?next=/b/")) == "/b/"
    assert next_url(RequestFactory().get("/")) == "/"
