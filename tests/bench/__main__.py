"""``make bench``: print the figures of the budgets, measured here and now. Asserts nothing about time."""

import argparse
import os
import platform
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import django

from tests.bench.figures import cpu_seconds, heading, memory, repeat, show
from tests.bench.served import read, running, signed_in

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
PAGES = {
    "pods, 100 rows": "c/demo/-/pods/",
    "pods, sorted by restarts": "c/demo/-/pods/?sort=-restarts",
    "pods, filtered by text": "c/demo/-/pods/?q=load-9",
    "deployments": "c/demo/-/deployments.apps/",
    "home": "c/demo/",
}


def main() -> None:
    """Measure what the options ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000, help="simulated pods in the demo cluster")
    parser.add_argument("--times", type=int, default=20, help="how often each thing is measured")
    options = parser.parse_args()
    django.setup()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {load}; {options.pods:,} simulated pods")
    with running("-m", "clusters.demo", "--port", "0", "--pods", str(options.pods)) as (_pid, demo):
        rows_and_walks(demo, options.times)
        with tempfile.TemporaryDirectory() as state:
            environment = {"PORT": "0", "PORTHOLE_STATE": state, "PORTHOLE_WAYS": "demo", "PORTHOLE_DEMO_SERVER": demo}
            began = time.perf_counter()
            with running("manage.py", "serve", **environment) as (pid, site):
                started = 1000 * (time.perf_counter() - began)
                pages(pid, site, options.times, started)


def rows_and_walks(demo: str, times: int) -> None:
    """What a page of rows costs before a template sees it."""
    from clusters import tables
    from clusters.answers import decode
    from clusters.connection import connect
    from clusters.credentials import BearerToken
    from clusters.kinds import PODS
    from clusters.models import Cluster
    from clusters.wire import TABLE, Table

    connection = connect(Cluster(name="demo", title="Demo", server=demo), BearerToken("olivia-token"))
    query = [tables.METADATA, ("limit", "500")]
    with connection.stream(PODS.path(), query, accept=TABLE) as chunks:
        body = b"".join(chunks)
    heading(f"A Table of 500 pods, {len(body) / 1e6:.2f} MB")
    show("decode", repeat(times, partial(decode, body, Table)))
    table = decode(body, Table)
    columns = tables.columns_of(table)
    show("rows with their states", repeat(times, lambda: list(tables.rows_of(PODS, columns, table))))
    print("\nBelow, the clock counts the demo API server's own time too, the CPU only ours.")
    heading("A page of 100 rows through the door")
    for what, asked in {
        "by limit and continue": tables.Query(),
        "sorted over the whole set": tables.Query(sort="restarts", descending=True),
        "filtered over the whole set": tables.Query(text="load-9"),
    }.items():
        page = partial(tables.page, connection, PODS, "", asked)
        show(f"{what}: clock", repeat(max(times // 4, 3), page))
        show(f"{what}: CPU", repeat(max(times // 4, 3), page, time.process_time))


def pages(pid: int, site: str, times: int, started: float) -> None:
    """What served pages cost a Porthole of its own process, and the memory it takes."""
    heading("Porthole, served by gunicorn")
    show("start to first answer: clock", [started])
    show("start: CPU", [1000 * cpu_seconds(pid)])
    show("memory (PSS) after the start", [memory(pid)], "MB")
    browser = signed_in(site, "olivia")
    for what, where in PAGES.items():
        body = read(browser, f"{site}/{where}")
        counted = times if "pods," not in what or "100" in what else max(times // 4, 3)
        before = cpu_seconds(pid)
        show(f"{what}, {len(body) / 1000:.0f} kB: clock", repeat(counted, partial(read, browser, f"{site}/{where}")))
        show(f"{what}: CPU, on average", [1000 * (cpu_seconds(pid) - before) / (counted + 1)])
    with ThreadPoolExecutor(8) as people:
        urls = [f"{site}/{where}" for where in PAGES.values()] * times
        list(people.map(partial(read, browser), urls))
    show(f"memory (PSS) after {len(urls)} more pages, 8 at a time", [memory(pid)], "MB")


if __name__ == "__main__":
    main()
