"""What the programs of the demo world write: pure functions from chance, date and number to lines."""

import json
import random
from datetime import datetime

PATHS = ("/", "/products", "/products/teapot", "/products/rope-12mm", "/cart", "/search?q=lantern", "/assets/app.js")
AGENTS = ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X)", "Mozilla/5.0 (X11; Linux x86_64)", "curl/8.16.0")
PRODUCTS = ("teapot", "lantern", "rope-12mm", "oilskin", "anchor-7kg", "compass", "ship's biscuit")


def nothing(_when: datetime) -> list[str]:
    """No lines at a start or an end."""
    return []


def silence(_chance: random.Random, _when: datetime, _number: int) -> list[str]:
    """No lines in a period."""
    return []


def plain(chance: random.Random, when: datetime, number: int) -> list[str]:
    """A program that only says it is alive."""
    return [f"{when:%H:%M:%S} still here, {number} rounds done, queue length {chance.randrange(4)}"]


def plain_start(when: datetime) -> list[str]:
    """Two words at the start."""
    return [f"{when:%H:%M:%S} starting", f"{when:%H:%M:%S} ready"]


def access(chance: random.Random, when: datetime, _number: int) -> list[str]:
    """A front end's access log, the status coloured with ANSI sequences."""
    status = chance.choices((200, 304, 404, 500), (90, 7, 2, 1))[0]
    colour = {2: "32", 3: "36", 4: "33", 5: "31"}[status // 100]
    size, milliseconds = chance.randrange(180, 48_000), chance.randrange(1, 90) * (9 if status == 500 else 1)
    client = f"203.0.113.{chance.randrange(1, 255)}"
    line = (
        f'{client} - - [{when:%d/%b/%Y:%H:%M:%S} +0000] "GET {chance.choice(PATHS)} HTTP/1.1" '
        f'\x1b[{colour}m{status}\x1b[0m {size} "{chance.choice(AGENTS)}" {milliseconds}ms'
    )
    if status == 500:
        return [
            line,
            (
                f"\x1b[1;31merror\x1b[0m upstream api answered 503 after {milliseconds}ms, "
                f"request {chance.randrange(1 << 32):08x}"
            ),
        ]
    return [line]


def access_start(when: datetime) -> list[str]:
    """A front end that starts."""
    return [
        f"\x1b[36minfo\x1b[0m {when:%Y-%m-%dT%H:%M:%SZ} loading templates",
        "\x1b[36minfo\x1b[0m listening on \x1b[1mhttp://0.0.0.0:8080\x1b[0m",
    ]


def json_lines(chance: random.Random, when: datetime, _number: int) -> list[str]:
    """A service's structured log, one JSON object a line."""
    level = chance.choices(("info", "debug", "warning", "error"), (80, 12, 6, 2))[0]
    record: dict = {"time": f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z", "level": level}
    record["msg"] = {
        "info": "request handled",
        "debug": "cache lookup",
        "warning": "slow query",
        "error": "payment provider timed out, will retry",
    }[level]
    record["product"] = chance.choice(PRODUCTS)
    record["duration_ms"] = chance.randrange(2, 60) * (20 if level in ("warning", "error") else 1)
    record["trace_id"] = f"{chance.randrange(1 << 63):016x}"
    return [json.dumps(record, separators=(",", ":"))]


def json_start(when: datetime) -> list[str]:
    """A service that starts."""
    stamp = f"{when:%Y-%m-%dT%H:%M:%S}.000Z"
    return [
        json.dumps({"time": stamp, "level": "info", "msg": message}, separators=(",", ":"))
        for message in ("configuration read from /etc/shop/shop.toml", "connected to database", "serving on :8080")
    ]


def logfmt(chance: random.Random, when: datetime, number: int) -> list[str]:
    """A Go program that writes logfmt."""
    level = chance.choices(("info", "debug", "warn"), (85, 10, 5))[0]
    message = chance.choice(("compacted blocks", "scrape done", "index refreshed", "reloaded rules"))
    return [
        (
            f"time={when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z level={level} "
            f"source=main.go:{chance.randrange(80, 400)} "
            f'msg="{message}" round={number} duration={chance.randrange(2, 900)}ms items={chance.randrange(20, 4000)}'
        )
    ]


def logfmt_start(when: datetime) -> list[str]:
    """Its one line at the start."""
    return [f'time={when:%Y-%m-%dT%H:%M:%S}.000Z level=info source=main.go:61 msg="starting" version=3.7.1 go=go1.26.2']


def klog(chance: random.Random, when: datetime, number: int) -> list[str]:
    """A Go program's klog lines."""
    letter = chance.choices("IWE", (90, 8, 2))[0]
    what = {
        "I": f'"Synced" key="shop/{chance.choice(PRODUCTS)}" duration="{chance.randrange(1, 40)}ms"',
        "W": f'"Watch closed, will reopen" resourceVersion="{100_000 + number}"',
        "E": f'"Could not refresh prices" err="context deadline exceeded" attempt={chance.randrange(1, 4)}',
    }[letter]
    return [
        (
            f"{letter}{when:%m%d %H:%M:%S}.{when.microsecond:06d}       1 "
            f"controller.go:{chance.randrange(100, 420)}] {what}"
        )
    ]


def klog_start(when: datetime) -> list[str]:
    """A Go program that starts."""
    stamp = f"I{when:%m%d %H:%M:%S}.{when.microsecond:06d}       1"
    return [f'{stamp} main.go:74] "Starting" version="v3.2.1"', f'{stamp} leader.go:131] "Became leader"']


def celery(chance: random.Random, when: datetime, _number: int) -> list[str]:
    """A Python worker's task log."""
    task = chance.choice(("orders.confirm", "orders.invoice", "mail.receipt", "stock.recount"))
    identity = f"{chance.randrange(1 << 32):08x}-{chance.randrange(1 << 16):04x}"
    stamp = f"[{when:%Y-%m-%d %H:%M:%S},{when.microsecond // 1000:03d}: INFO/ForkPoolWorker-{chance.randrange(1, 5)}]"
    return [f"{stamp} Task {task}[{identity}] succeeded in {chance.randrange(9, 900) / 1000:.3f}s: None"]


def celery_start(when: datetime) -> list[str]:
    """A Python worker that starts."""
    stamp = f"[{when:%Y-%m-%d %H:%M:%S},{when.microsecond // 1000:03d}: INFO/MainProcess]"
    return [f"{stamp} Connected to redis://queue:6379/0", f"{stamp} mingle: all alone", f"{stamp} worker@worker ready."]


def celery_crash(when: datetime) -> list[str]:
    """A Python worker that meets an order line without a price."""
    stamp = f"[{when:%Y-%m-%d %H:%M:%S},{when.microsecond // 1000:03d}: CRITICAL/MainProcess]"
    return [
        f"{stamp} Unrecoverable error: KeyError('price')",
        "Traceback (most recent call last):",
        '  File "/usr/local/lib/python3.13/site-packages/celery/worker/worker.py", line 203, in start',
        "    self.blueprint.start(self)",
        "    ~~~~~~~~~~~~~~~~~~~~^^^^^^",
        '  File "/usr/local/lib/python3.13/site-packages/celery/bootsteps.py", line 116, in start',
        "    step.start(parent)",
        '  File "/srv/worker/orders/tasks.py", line 88, in confirm',
        "    total = sum(line_total(line) for line in order.lines)",
        '  File "/srv/worker/orders/tasks.py", line 88, in <genexpr>',
        "    total = sum(line_total(line) for line in order.lines)",
        "                ~~~~~~~~~~^^^^^^",
        '  File "/srv/worker/orders/pricing.py", line 31, in line_total',
        '    return line["price"] * line["quantity"]',
        "           ~~~~^^^^^^^^^",
        "KeyError: 'price'",
    ]


def postgres(chance: random.Random, when: datetime, _number: int) -> list[str]:
    """A database: checkpoints, slow statements, now and then an error of two lines."""
    stamp = f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d} UTC"
    kind = chance.random()
    if kind < 0.7:
        return [
            (
                f"{stamp} [27] LOG:  checkpoint complete: wrote {chance.randrange(4, 200)} buffers (0.1%); "
                f"0 WAL file(s) added; "
                f"write={chance.randrange(1, 90) / 10:.3f} s, sync=0.004 s, total={chance.randrange(10, 99) / 10:.3f} s"
            )
        ]
    if kind < 0.97:
        return [
            (
                f"{stamp} [{chance.randrange(60, 900)}] LOG:  "
                f"duration: {chance.randrange(260, 2400)}.{chance.randrange(100, 999)} ms  "
                "statement: FETCH 50 FROM open_orders"
            )
        ]
    process = chance.randrange(60, 900)
    return [
        f'{stamp} [{process}] ERROR:  duplicate key value violates unique constraint "orders_number_key"',
        f"{stamp} [{process}] DETAIL:  Key (number)=({chance.randrange(10_000, 99_999)}) already exists.",
    ]


def postgres_start(when: datetime) -> list[str]:
    """A database that starts."""
    stamp = f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d} UTC [1] LOG: "
    return [
        f"{stamp} starting PostgreSQL 18.1 (Debian 18.1-1.pgdg13+2) on x86_64-pc-linux-gnu",
        f'{stamp} listening on IPv4 address "0.0.0.0", port 5432',
        f"{stamp} database system is ready to accept connections",
    ]


def fluent_bit(chance: random.Random, when: datetime, _number: int) -> list[str]:
    """A log shipper that counts what it ships."""
    return [
        (
            f"[{when:%Y/%m/%d %H:%M:%S}] [ info] [output:http:http.0] loki:3100, HTTP status=204 "
            f"records={chance.randrange(5, 80)}"
        )
    ]


def fluent_bit_start(when: datetime) -> list[str]:
    """A log shipper that starts."""
    return ["Fluent Bit v4.1.0", f"[{when:%Y/%m/%d %H:%M:%S}] [ info] [sp] stream processor started"]


def coredns(chance: random.Random, _when: datetime, _number: int) -> list[str]:
    """A name that was asked for."""
    name = chance.choice(("api.shop.svc.cluster.local.", "database.shop.svc.cluster.local.", "mail.example.com."))
    return [
        (
            f"[INFO] 10.244.2.{chance.randrange(2, 60)}:{chance.randrange(30_000, 60_000)} - "
            f'{chance.randrange(60_000)} "A IN {name} '
            f'udp 56 false 1232" NOERROR qr,aa,rd 110 0.000{chance.randrange(100, 999)}s'
        )
    ]


def coredns_start(_when: datetime) -> list[str]:
    """A name server that starts."""
    return [".:53", "[INFO] plugin/reload: Running configuration SHA512 = 591cf328cccc12bc", "CoreDNS-1.13.1"]


def etcd(chance: random.Random, when: datetime, _number: int) -> list[str]:
    """A compaction."""
    record = {"level": "info", "ts": f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond:06d}Z", "caller": "mvcc/index.go:214"}
    return [
        json.dumps({**record, "msg": "compact tree index", "revision": chance.randrange(10**6)}, separators=(",", ":"))
    ]


def report(chance: random.Random, when: datetime, number: int) -> list[str]:
    """A page of a report."""
    return [
        (
            f"{when:%H:%M:%S} INFO  page {number + 1}: {chance.randrange(40, 400)} orders, "
            f"{chance.randrange(900, 90_000) / 100:.2f} EUR"
        )
    ]


def report_start(when: datetime) -> list[str]:
    """A report that starts."""
    return [f"{when:%H:%M:%S} INFO  reading orders since midnight"]


def backup(chance: random.Random, when: datetime, _number: int) -> list[str]:
    """A table that is copied."""
    return [
        (
            f"{when:%H:%M:%S} copied {chance.randrange(8, 400)} MiB of table "
            f"{chance.choice(('orders', 'customers', 'stock'))}"
        )
    ]


def backup_start(when: datetime) -> list[str]:
    """A backup that starts."""
    return [f"{when:%H:%M:%S} dumping database shop to s3://harbor-goods-backups/shop.dump"]


def importing(chance: random.Random, when: datetime, number: int) -> list[str]:
    """A batch of a catalogue that is read in."""
    return [f"{when:%H:%M:%S} INFO  batch {number + 1}: {chance.randrange(80, 120)} products read"]


def importing_start(when: datetime) -> list[str]:
    """An import that starts."""
    return [f"{when:%H:%M:%S} INFO  reading catalogue.csv"]


def importing_crash(when: datetime) -> list[str]:
    """A row that cannot be read."""
    return [f"{when:%H:%M:%S} ERROR row 417: 'EUR 12,50' is not a price, giving up"]


def migration(_chance: random.Random, _when: datetime, number: int) -> list[str]:
    """One migration after the other, then silence."""
    names = ("0041_order_currency", "0042_price_not_null", "0043_cart_token")
    return [f"  Applying shop.{names[number]}... OK"] if number < len(names) else []


def migration_start(_when: datetime) -> list[str]:
    """What Django says before migrating."""
    return ["Operations to perform:", "  Apply all migrations: shop", "Running migrations:"]


def waiting(_chance: random.Random, when: datetime, number: int) -> list[str]:
    """A try to take a lock that another holds."""
    return [f"{when:%H:%M:%S} waiting for migration lock held by another pod (try {number + 1})"]


def waiting_start(when: datetime) -> list[str]:
    """The first try."""
    return [f"{when:%H:%M:%S} taking lock shop-migrations"]
