"""A log without an end, from a server that keeps to no bound, is a page of bounded size and memory."""

import tracemalloc

from tests.dashboard.pages import tree

TALKER = "/c/demo/monitoring/pods/talker/logs/"
MEBIBYTE = 2**20


def endless(whole, chunks):
    """A log of ``chunks`` times ``whole``, made as it is sent."""
    return lambda: (whole for _ in range(chunks))


def peak_of(ask):
    """What asking held at most, in bytes."""
    tracemalloc.start()
    try:
        response = ask()
        return response, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_check_39_more_lines_than_were_asked_for_take_no_memory(olivia, tap):
    lines = b"".join(b"2026-01-01T00:00:00.%09dZ line %d\n" % (n, n) for n in range(1, 1000))
    olivia.get(TALKER)  # what is imported at the first page is not the log's
    with tap.answering(r"/log\?", 200, endless(lines, 25)):
        response, peak = peak_of(lambda: olivia.get(TALKER))
    assert response.status_code == 200
    assert len(tree(response.content).by_id("log").all("div", class_="l")) == 200
    assert peak < 24 * MEBIBYTE


def test_check_39_a_line_without_an_end_takes_no_memory(olivia, tap):
    olivia.get(TALKER)

    def line():
        yield b"2026-01-01T00:00:00Z "
        yield from (b"x" * 65536 for _ in range(640))

    with tap.answering(r"/log\?", 200, line):
        response, peak = peak_of(lambda: olivia.get(TALKER))
    assert response.status_code == 200
    assert "… line cut" in tree(response.content).by_id("log").text
    assert len(response.content) < 100_000
    assert peak < 24 * MEBIBYTE
