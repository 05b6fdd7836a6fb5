"""A pytest plugin (``-p tests.lint.no_skips``): in CI a test that skips has failed.

Elsewhere a missing Chromium or Go is a reason to skip, and pytest prints it; in CI it is a hole in the check.
"""

import os

import pytest


def refuse(report):
    """Turn a skipped report into a failed one when CI is set; an expected failure stays what it is."""
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"in CI nothing may skip: {reason}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport():
    """Look at the report of each test after every other plugin has."""
    return refuse((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report():
    """Look at whole modules too: ``pytest.importorskip`` and ``allow_module_level`` skip them."""
    return refuse((yield))
