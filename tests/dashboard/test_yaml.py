"""YAML: everything the API server has, but managedFields apart and a Secret's values not at all."""

import base64
import json

import pytest
import yaml

from tests.dashboard.api import api
from tests.dashboard.pages import tree

SECRETS = "/api/v1/namespaces/shop/secrets"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
VALUE = "hunter2-in-the-clear"
ENCODED = base64.b64encode(VALUE.encode()).decode()


@pytest.fixture
def applied_secret(demo):
    """A Secret as `kubectl apply` leaves it: with a copy of itself in an annotation."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "applied", "namespace": "shop"},
        "data": {"password": ENCODED},
    }
    copy = json.dumps({**secret, "stringData": {"password": VALUE}})
    secret["metadata"]["annotations"] = {APPLIED: copy, "team": "shop"}
    api(demo, "POST", SECRETS, secret)
    yield "/c/demo/shop/secrets/applied/"
    api(demo, "DELETE", f"{SECRETS}/applied")


def test_the_text_is_the_object_without_managed_fields(olivia, demo):
    page = olivia.get("/c/demo/shop/deployments.apps/frontend/yaml/").context["page"]
    shown = yaml.safe_load(page.text)
    real = api(demo, "GET", "/apis/apps/v1/namespaces/shop/deployments/frontend")
    managed = real["metadata"].pop("managedFields", None)
    assert shown == real
    assert (yaml.safe_load(page.managed_text) if page.managed_text else None) == (
        {"managedFields": managed} if managed else None
    )
    assert list(shown)[:2] == list(real)[:2]


def test_managed_fields_are_folded_away(olivia, tap):
    managed = [{"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:data": {"f:KEY": {}}}}]
    body = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a", "managedFields": managed}}
    with tap.answering(r"GET /api/v1/namespaces/shop/configmaps/a$", 200, body):
        html = tree(olivia.get("/c/demo/shop/configmaps/a/yaml/").content)
    text, folded = html.all("pre", class_="code")
    assert "managedFields" not in text.text
    assert html.one("details", class_="fold").all("pre") == [folded]
    assert "f:KEY" in folded.text


def test_check_36_a_secret_s_values_are_shown_on_none_of_its_pages(olivia, applied_secret):
    for address in (
        applied_secret,
        f"{applied_secret}yaml/",
        f"{applied_secret}yaml/?download=1",
        f"{applied_secret}events/",
        "/c/demo/shop/secrets/",
    ):
        response = olivia.get(address)
        assert response.status_code == 200
        assert VALUE not in response.content.decode()
        assert ENCODED not in response.content.decode()
    shown = yaml.safe_load(olivia.get(f"{applied_secret}yaml/").context["page"].text)
    assert shown["data"] == {"password": "(hidden)"}
    assert shown["metadata"]["annotations"] == {"team": "shop"}


def test_a_secret_may_be_read_by_who_may_and_by_nobody_else(victor, nadia, applied_secret):
    assert nadia.get(f"{applied_secret}yaml/").status_code == 200
    response = victor.get(f"{applied_secret}yaml/")
    assert response.status_code == 403
    assert 'User "victor" cannot get resource "secrets"' in tree(response.content).text


def test_the_download_is_a_file_that_kubectl_can_read(olivia):
    response = olivia.get("/c/demo/shop/configmaps/shop-settings/yaml/?download=1")
    assert response.headers["Content-Type"] == "application/yaml; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="configmaps-shop-settings.yaml"'
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    found = yaml.safe_load(response.content)
    assert (found["kind"], found["metadata"]["name"]) == ("ConfigMap", "shop-settings")
    assert found["data"]


@pytest.mark.parametrize(
    "value", ["yes", "1e3", "0x1f", "null", "2026-01-01", " a ", "a\nb\n", "\u0416\U0001f6a2", "#", "- x"]
)
def test_text_stays_text_through_yaml(olivia, tap, value):
    body = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}, "data": {"key": value, value: "x"}}
    with tap.answering(r"GET /api/v1/namespaces/shop/configmaps/a$", 200, body):
        response = olivia.get("/c/demo/shop/configmaps/a/yaml/?download=1")
    assert yaml.safe_load(response.content) == body


def test_a_header_cannot_be_broken_by_a_name(olivia, tap):
    response = olivia.get('/c/demo/shop/configmaps/a";b=%22/yaml/?download=1')
    assert response.status_code == 404
