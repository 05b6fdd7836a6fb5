"""The provider as a process of its own answers alike, and writes down what it is asked, without secrets."""

from tests.provider.browsing import fetch
from tests.provider.entra import TENANT
from tests.provider.process import own_process


def test_it_answers_and_writes_down_what_it_is_asked(tmp_path):
    with own_process(tmp_path, "--kind", "entra", "--redirect-uri", "https://porthole.example.com/cb") as running:
        assert running.issuer == f"{running.url}/{TENANT}/v2.0"
        authority = tmp_path / "authority.pem"
        authority.write_text(running.authority)
        document = fetch(f"{running.issuer}/.well-known/openid-configuration", authority_file=authority)
        form = {"grant_type": "refresh_token", "refresh_token": "a-secret", "client_secret": running.client_secret}
        answer = fetch(f"{running.url}/{TENANT}/oauth2/v2.0/token", form, authority_file=authority)
        assert (document.status, answer.status) == (200, 401)  # no client_id
        assert [line["endpoint"] for line in running.asked()] == ["discovery", "token"]
        assert running.asked("token") == [{"endpoint": "token", "grant_type": "refresh_token"}]
    written = running.record.read_text().splitlines()[1:]
    assert not [line for line in written if "a-secret" in line or running.client_secret in line]
