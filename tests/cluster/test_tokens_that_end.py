"""What the real API server does with a token whose time is over: Porthole has to end streams and renew by itself."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.api import ApiError
from tests.cluster.bed import Bed
from tests.cluster.test_people import who_am_i

pytestmark = pytest.mark.cluster

LIFETIME = 3.0  # seconds
FORGIVING = 30.0  # seconds; the API server remembers a token that it accepted for about 10
MAPS = "/api/v1/namespaces/shop/configmaps"


def refused(bed: Bed, token: str) -> bool:
    """Whether the API server answers with a bare 401."""
    try:
        who_am_i(bed.api(token))
    except ApiError as error:
        return (error.status, error.message) == (401, "Unauthorized")
    return False


@contextmanager
def a_change(bed: Bed, name: str) -> Iterator[None]:
    """A ConfigMap that is there as long as the block lasts."""
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}}
    bed.api().call("POST", MAPS, document)
    try:
        yield
    finally:
        bed.api().call("DELETE", f"{MAPS}/{name}")


def sleep_until(moment: float) -> None:
    """Wait for a time of the clock, which is the one that tokens end by."""
    time.sleep(max(0.0, moment - time.time()))


def test_a_token_that_was_just_used_is_accepted_after_its_end_and_an_unused_one_is_not(bed: Bed):
    ends = time.time() + LIFETIME
    used, unused = (bed.mint("nadia", lifetime=LIFETIME, jti=each) for each in ("used", "unused"))
    assert not refused(bed, used)
    sleep_until(ends + 1)
    assert not refused(bed, used)
    assert refused(bed, unused)
    while not refused(bed, used):
        assert time.time() < ends + FORGIVING
        time.sleep(1)


def test_a_watch_goes_on_after_its_token_is_refused(bed: Bed):
    ends = time.time() + LIFETIME
    token = bed.mint("nadia", lifetime=LIFETIME)
    version = bed.api(token).get(MAPS)["metadata"]["resourceVersion"]
    with bed.api(token).open("GET", f"{MAPS}?watch=1&resourceVersion={version}&timeoutSeconds=60") as events:
        sleep_until(ends)
        while not refused(bed, token):
            assert time.time() < ends + FORGIVING
            time.sleep(1)
        with a_change(bed, "after-the-token"):
            names = [json.loads(line)["object"]["metadata"]["name"] for line in (events.readline(),)]
    assert names == ["after-the-token"]
