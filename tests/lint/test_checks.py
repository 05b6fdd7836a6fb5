"""The 45 checks of sign-in and security: each is at least one test, named after its number."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
NAMED = re.compile(r"^(?:async )?def test_check_(\d\d)_\w+", re.MULTILINE)
CHECKS = 45


def test_each_check_has_a_test_of_its_number():
    found = {int(number) for file in TESTS.rglob("test_*.py") for number in NAMED.findall(file.read_text())}
    assert found == set(range(1, CHECKS + 1))
