"""How times are written: as kubectl does (k8s.io/apimachinery/pkg/util/duration, HumanDuration)."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.templatetags.porthole import age, duration, milliseconds

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0s"),
        (0, "0s"),
        (1.9, "1s"),
        (119, "119s"),
        (2 * MINUTE, "2m"),
        (2 * MINUTE + 1, "2m1s"),
        (9 * MINUTE + 59, "9m59s"),
        (10 * MINUTE, "10m"),
        (10 * MINUTE + 59, "10m"),
        (179 * MINUTE + 59, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 5 * MINUTE, "3h5m"),
        (7 * HOUR + 59 * MINUTE + 59, "7h59m"),
        (8 * HOUR + 59 * MINUTE, "8h"),
        (47 * HOUR + 59 * MINUTE, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + 59 * MINUTE, "2d"),
        (3 * DAY + 4 * HOUR, "3d4h"),
        (7 * DAY + 23 * HOUR, "7d23h"),
        (8 * DAY + 23 * HOUR, "8d"),
        (729 * DAY, "729d"),
        (730 * DAY, "2y"),
        (731 * DAY, "2y1d"),
        (8 * 365 * DAY - 1, "7y364d"),
        (8 * 365 * DAY + 9 * DAY, "8y"),
        (100 * 365 * DAY, "100y"),
    ],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_an_age_counts_from_now_and_none_has_none():
    assert age(datetime.now(UTC) - timedelta(hours=3, minutes=5, seconds=20)) == "3h5m"
    assert age(None) == ""


@pytest.mark.parametrize(
    ("timestamp", "words"),
    [
        ("2026-03-01T09:14:05.123987654Z", "2026-03-01T09:14:05.123Z"),
        ("2026-03-01T09:14:05.5Z", "2026-03-01T09:14:05.500Z"),
        ("2026-03-01T09:14:05Z", "2026-03-01T09:14:05.000Z"),
        ("2026-03-01T09:14:05.123987654+02:00", "2026-03-01T09:14:05.123+02:00"),
        ("soon", "soon"),
        ("", ""),
    ],
)
def test_a_time_in_a_log_has_three_decimals(timestamp, words):
    assert milliseconds(timestamp) == words
