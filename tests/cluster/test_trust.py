"""Further issuers, believed by a running API server."""

import pytest

from tests.cluster import certificates, controlplane, processes
from tests.cluster.api import ApiError
from tests.cluster.bed import Bed
from tests.cluster.issuer import Issuer, Trusted
from tests.cluster.test_people import who_am_i

pytestmark = pytest.mark.cluster


@pytest.fixture
def second(bed: Bed, tmp_path):
    """Another issuer, which the API server does not know yet."""
    (tmp_path / "pki").mkdir()
    try:
        yield controlplane.start_issuer(tmp_path, bed.signer, die_with_parent=True)
    finally:
        processes.stop(tmp_path)


def refused(bed: Bed, token: str) -> bool:
    """Whether the API server answers 401."""
    try:
        who_am_i(bed.api(token))
    except ApiError as error:
        return error.status == 401
    return False


def test_a_further_issuer_is_believed_for_as_long_as_the_block_lasts(bed: Bed, second: Issuer):
    token = second.mint("Zoë@example.com", ["shop-team"], aud="another", upn="zoe@tenant.example", oid="zoe-1")
    assert refused(bed, token)
    entry = Trusted(second.url, second.authority, ("porthole", "another"), username="claims.upn", uid="oid")
    with bed.trust(entry):
        caller = who_am_i(bed.api(token))
        assert caller["username"] == "oidc:zoe@tenant.example"
        assert caller["uid"] == "zoe-1"
        assert "oidc:shop-team" in caller["groups"]
        assert refused(bed, second.mint("zoe@example.com", aud="a third", upn="zoe@tenant.example", oid="zoe-1"))
        assert refused(
            bed, second.mint("zoe@example.com", key=certificates.signing_key(), upn="zoe@tenant.example", oid="zoe-1")
        )
        assert who_am_i(bed.api(bed.mint("nadia")))["username"] == "oidc:nadia@example.com"
    assert second.url not in (bed.folder / "pki" / "authentication.json").read_text()
