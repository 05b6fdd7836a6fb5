import os
import subprocess
import sys

import pytest

from tests.lint.places import ROOT

SKIPS = {
    "a mark": "import pytest\n@pytest.mark.skip(reason='no luck')\ndef test_it(): pass\n",
    "a condition": "import pytest\n@pytest.mark.skipif(True, reason='no luck')\ndef test_it(): pass\n",
    "a call": "import pytest\ndef test_it(): pytest.skip('no luck')\n",
    "a fixture": "import pytest\n@pytest.fixture\ndef it(): pytest.skip('no luck')\ndef test_it(it): pass\n",
    "a module": "import pytest\npytest.skip('no luck', allow_module_level=True)\n",
}


def run_pytest(folder, source, **environment):
    (folder / "test_sample.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.lint.no_skips", "-p", "no:django", "-p", "no:cacheprovider"]
    clean = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    return subprocess.run(
        [*command, "-rs", "--rootdir", folder, "-c", folder / "pytest.ini", folder],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("source", SKIPS.values(), ids=SKIPS.keys())
def test_a_skip_fails_in_ci_with_its_reason(tmp_path, source):
    result = run_pytest(tmp_path, source, CI="true")
    assert result.returncode not in (0, 5), result.stdout
    assert "in CI nothing may skip" in result.stdout
    assert "no luck" in result.stdout


def test_a_skip_elsewhere_prints_its_reason(tmp_path):
    result = run_pytest(tmp_path, SKIPS["a call"])
    assert result.returncode == 0, result.stdout
    assert "no luck" in result.stdout


def test_passing_and_expected_failures_are_left_alone_in_ci(tmp_path):
    source = "import pytest\ndef test_it(): pass\n@pytest.mark.xfail(reason='known')\ndef test_other(): assert False\n"
    result = run_pytest(tmp_path, source, CI="true")
    assert result.returncode == 0, result.stdout
    assert "1 passed, 1 xfailed" in result.stdout
