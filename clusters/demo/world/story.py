"""How the demo world came to be as it is: its history, told by the same controllers that move it on."""

from collections.abc import Callable

from clusters.demo import controllers
from clusters.demo.controllers import autoscaler
from clusters.demo.world import boats, crowd, platform, shop, strays
from clusters.demo.world import trials as trials_of
from clusters.demo.world.clock import ManualClock, RealClock
from clusters.demo.world.world import World

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

# (seconds before the start, what happened then)
STORY: tuple[tuple[float, Callable[[World], None]], ...] = (
    (63 * DAY, platform.namespaces),
    (63 * DAY - 60, platform.nodes),
    (63 * DAY - 120, platform.system),
    (41 * DAY, platform.monitoring),
    (19 * DAY, shop.shop),
    (12 * DAY, boats.boats),
    (5 * DAY + 3 * HOUR, shop.second_release),
    (3 * DAY + 2 * HOUR, shop.nightly),
    (2 * DAY + 6 * HOUR, platform.fourth_node),
    (2 * DAY + 5 * HOUR, strays.lost),
    (3 * HOUR + 10 * MINUTE, shop.bad_worker),
    (2 * HOUR + 12 * MINUTE, shop.bad_checkout),
    (95 * MINUTE, lambda world: platform.silence_node(world, "harbor-4")),
    (89 * MINUTE, strays.lose),
    (52 * MINUTE, strays.troubles),
    (31 * MINUTE, strays.stop_mailer),
    (26 * MINUTE, shop.jobs),
    (14 * MINUTE, autoscaler.tick),
    (200.0, shop.cart_rolls),
)


def begin(clock: RealClock | ManualClock, *, pods: int = 0, trials: bool = False, seed: str = "porthole") -> World:
    """A world with its history behind it, `pods` more for load, and the trials where they are wanted."""
    world = World(clock, seed)
    controllers.start(world)
    now = clock.now()
    for ago, happens in STORY:
        world.catch_up(now - ago)
        with world.at(now - ago):
            happens(world)
    if pods:
        with world.at(now - HOUR):
            crowd.arrive(world, pods)
    if trials:
        with world.at(now - trials_of.AGE):
            trials_of.begin(world)
    world.catch_up(now)
    world.store.forget()
    return world
