import os
import re
import subprocess
import sys

from tests.lint.places import ROOT

SKIPS = {
    "mark": "import pytest\n@pytest.mark.skip(reason='no mark')\ndef test_it(): pass\n",
    "condition": "import pytest\n@pytest.mark.skipif(True, reason='no condition')\ndef test_it(): pass\n",
    "call": "import pytest\ndef test_it(): pytest.skip('no call')\n",
    "fixture": "import pytest\n@pytest.fixture\ndef it(): pytest.skip('no fixture')\ndef test_it(it): pass\n",
    "module": "import pytest\npytest.skip('no module', allow_module_level=True)\n",
}
GOOD = "import pytest\ndef test_it(): pass\n@pytest.mark.xfail(reason='known')\ndef test_other(): assert False\n"


def run_pytest(folder, sources, *options, **environment):
    """Run pytest with the plug-in on a folder of its own, one file for each source."""
    for name, source in sources.items():
        (folder / f"test_{name}.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.lint.no_skips", "-p", "no:django", "-p", "no:cacheprovider"]
    clean = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    return subprocess.run(
        [*command, *options, "-rs", "--continue-on-collection-errors", "-c", folder / "pytest.ini", folder],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
    )


def test_each_way_to_skip_fails_in_ci_with_its_reason(tmp_path):
    result = run_pytest(tmp_path, SKIPS, CI="true")
    assert result.returncode == 1, result.stdout
    assert "1 failed, 4 errors" in result.stdout  # what skips before a test runs is an error
    for name in SKIPS:
        assert re.search(rf"in CI nothing may skip: .*no {name}", result.stdout)


def test_each_way_to_skip_fails_in_several_processes_too(tmp_path):
    result = run_pytest(tmp_path, SKIPS, "--numprocesses=2", CI="true")
    assert result.returncode == 1, result.stdout
    assert "passed" not in result.stdout
    for name in SKIPS:
        assert re.search(rf"in CI nothing may skip: .*no {name}", result.stdout)


def test_one_module_that_skips_is_enough_to_fail_in_ci(tmp_path):
    result = run_pytest(tmp_path, {"module": SKIPS["module"], "good": GOOD}, CI="true")
    assert result.returncode == 1, result.stdout


def test_a_skip_elsewhere_prints_its_reason(tmp_path):
    result = run_pytest(tmp_path, SKIPS)
    assert result.returncode == 0, result.stdout
    assert "5 skipped" in result.stdout
    assert all(f"no {name}" in result.stdout for name in SKIPS)


def test_passing_and_expected_failures_are_left_alone_in_ci(tmp_path):
    result = run_pytest(tmp_path, {"good": GOOD}, CI="true")
    assert result.returncode == 0, result.stdout
    assert "1 passed, 1 xfailed" in result.stdout
