"""Taking and printing figures."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def repeat(times: int, act: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """How long ``act`` took by ``clock``, each of ``times`` times, in milliseconds; once before that to warm up."""
    act()
    taken = []
    for _ in range(times):
        began = clock()
        act()
        taken.append(1000 * (clock() - began))
    return taken


def show(what: str, values: list[float], unit: str = "ms") -> None:
    """One line: the smallest, the middle and the largest value."""
    low, middle, high = min(values), statistics.median(values), max(values)
    print(f"{what:<62}{low:>9.1f}{middle:>9.1f}{high:>9.1f} {unit:<4} of {len(values)}", flush=True)


def heading(text: str) -> None:
    """A line over the next figures."""
    print(f"\n{text:<62}{'min':>9}{'median':>9}{'max':>9}", flush=True)


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


def cpu_seconds(pid: int) -> float:
    """CPU time that a process and its descendants have used."""
    total = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory(pid: int) -> float:
    """Memory of a process and its descendants in MB: the proportional set size, which counts shared pages once."""
    kilobytes = 0
    for member in family(pid):
        rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
        kilobytes += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return kilobytes * 1024 / 1e6
