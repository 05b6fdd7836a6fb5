"""Two Portholes that share a database: a session is at home in both, and its tokens are renewed once."""

import logging
import os
import threading

import pytest
import requests
import yaml

from tests.cluster import certificates
from tests.clusters.fakes import serving, status
from tests.clusters.test_connection_tls import server_context
from tests.dashboard.test_serving import port_of, started
from tests.provider.logout import logout_token

AUTHORITY = certificates.authority("porthole test")
SECRET_KEY = "the same in all replicas, and long enough to be one"

pytestmark = pytest.mark.store


@pytest.fixture
def home(tmp_path):
    """An API server that notes who asks and lets nobody do anything."""
    pair = certificates.issue(AUTHORITY, "kube-apiserver", hosts=["127.0.0.1"])
    with serving(lambda _seen: status(403, "Forbidden", "no"), server_context(tmp_path, pair)) as running:
        yield running


@pytest.fixture
def environment(op, home, tmp_path):
    """What both replicas are started with."""
    clusters = tmp_path / "clusters.yaml"
    known = {"name": "home", "server": home.url, "certificate_authority": AUTHORITY.certificate}
    clusters.write_text(yaml.safe_dump([known]))
    return {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{tmp_path / 'shared.sqlite3'}",
        "PORTHOLE_CLUSTERS_FILE": str(clusters),
        "OIDC_ISSUER_URL": op.issuer,
        "OIDC_CLIENT_ID": op.client_id,
        "OIDC_CLIENT_SECRET": op.client_secret,
        "OIDC_CA_FILE": str(op.authority_file),
        "IN_CLUSTER": "false",
    }


def test_check_13_replicas_renew_once_for_all_who_wait_at_any_of_them(op, home, environment, tmp_path, caplog):
    caplog.set_level(logging.INFO, "urllib3")  # here it is the person's own browser that would tell of its code
    with (
        started(tmp_path / "one", "serve", **environment) as one,
        started(tmp_path / "two", "serve", **environment) as two,
    ):
        sites = [f"http://localhost:{port_of(each)}" for each in (one, two)]
        person = requests.Session()
        person.trust_env = False
        op.lifetime = -5  # has ended, and is accepted at the sign-in since clocks may differ
        begun = person.get(f"{sites[0]}/signin/oidc/", params={"next": "/sessions/"}, allow_redirects=False)
        back = person.get(op.sign_in(begun.headers["Location"], "olivia"), allow_redirects=False)
        assert (back.status_code, back.headers["Location"]) == (302, "/sessions/"), back.text
        op.lifetime = 300
        op.seen.clear()
        ready, codes = threading.Barrier(8), []

        def ask(number):
            ready.wait(20)
            url = f"{sites[number % 2]}/c/home/shop/configmaps/"
            codes.append(requests.get(url, cookies=person.cookies.get_dict(), timeout=60).status_code)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert codes == [403] * 8  # as the API server says
        renewals = [asked for asked in op.asked("token") if asked.form["grant_type"] == "refresh_token"]
        assert len(renewals) == 1
        presented = {value for seen in home.seen for value in seen.all("Authorization")}
        assert len(presented) == 1
        assert requests.post(f"{sites[1]}/oidc/backchannel-logout/", {"logout_token": logout_token(op, "olivia")}).ok
        for site in sites:
            ended = requests.get(f"{site}/c/home/", cookies=person.cookies.get_dict(), allow_redirects=False)
            assert ended.headers["Location"].startswith("/signin/")
