"""The servers of the browser tests: whatever becomes of the tests, none is left running."""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.sites import ADDRESS, ROOT

HOLD = """
import sys, time
from pathlib import Path
from tests.browser.sites import porthole
settings = {"PORTHOLE_WAYS": "demo", "PORTHOLE_DEMO_SERVER": "http://127.0.0.1:1"}
with porthole(Path(sys.argv[1]), settings) as (address, _):
    print(address, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a process of its parent's end")
def test_a_server_ends_with_the_tests_that_were_killed(tmp_path: Path) -> None:
    assert shutil.which("setpriv"), "util-linux is missing"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout
        found = ADDRESS.search(tests.stdout.readline())
        tests.kill()
    assert found
    port = urlsplit(found[0]).port
    for _tenth in range(200):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.1)
    pytest.fail("the server still answers")
