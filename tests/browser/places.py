"""The pages that are looked at, by name; some belong to a pod whose name is only known by its beginning."""

from playwright.sync_api import Page

from tests.browser.sites import Site

# Place: (who, path, status). `{worker}` is the name of the pod that begins so.
PLACES = {
    "home": ("olivia", "", 200),
    "home of somebody who may see one namespace": ("nadia", "", 200),
    "home of an empty namespace": ("olivia", "?namespace=empty", 200),
    "home of a namespace that is not there": ("olivia", "?namespace=shpo", 200),
    "pods": ("olivia", "shop/pods/", 200),
    "pods of all namespaces": ("olivia", "-/pods/", 200),
    "pods, sorted and filtered": ("olivia", "-/pods/?q=o&selector=app&sort=-age&state=attention", 200),
    "no pods": ("olivia", "empty/pods/", 200),
    "no pods match": ("olivia", "-/pods/?q=nothing-is-called-so", 200),
    "pods with a wrong selector": ("olivia", "-/pods/?selector=((", 422),
    "forbidden pods": ("nadia", "kube-system/pods/", 403),
    "deployments": ("olivia", "shop/deployments.apps/", 200),
    "nodes": ("olivia", "-/nodes/", 200),
    "boats": ("olivia", "shop/boats.marina.example.com/", 200),
    "events": ("olivia", "shop/events/", 200),
    "pods of a namespace that is not there": ("olivia", "shpo/pods/", 200),
    "a node that is not ready": ("olivia", "-/nodes/harbor-4/", 200),
    "a service": ("olivia", "shop/services/frontend/", 200),
    "namespaces": ("olivia", "namespaces/", 200),
    "more": ("olivia", "more/", 200),
    "who am I here": ("olivia", "me/", 200),
    "a failing pod": ("olivia", "shop/pods/{worker}/", 200),
    "a healthy pod": ("olivia", "shop/pods/{frontend}/", 200),
    "a pod out of memory": ("olivia", "shop/pods/image-resizer/", 200),
    "a pending pod": ("olivia", "shop/pods/recommendations/", 200),
    "a hostile pod": ("olivia", "monitoring/pods/hostile/", 200),
    "events of a pod": ("olivia", "shop/pods/{worker}/events/", 200),
    "yaml of a pod": ("olivia", "shop/pods/{worker}/yaml/", 200),
    "logs": ("olivia", "shop/pods/{frontend}/logs/?timestamps=1", 200),
    "logs without wrapping": ("olivia", "shop/pods/{frontend}/logs/?nowrap=1", 200),
    "previous logs": ("olivia", "shop/pods/{worker}/logs/?previous=1", 200),
    "hostile logs": ("olivia", "monitoring/pods/hostile/logs/", 200),
    "a deployment": ("olivia", "shop/deployments.apps/frontend/", 200),
    "a failing deployment": ("olivia", "shop/deployments.apps/checkout/", 200),
    "a deployment with an autoscaler": ("olivia", "shop/deployments.apps/api/", 200),
    "a stateful set": ("olivia", "shop/statefulsets.apps/database/", 200),
    "a boat": ("olivia", "shop/boats.marina.example.com/albatross/", 200),
    "scaling": ("olivia", "shop/deployments.apps/cart/scale/", 200),
    "scaling to zero, with an autoscaler": ("olivia", "shop/deployments.apps/api/scale/?replicas=0", 200),
    "scaling by a big step": ("olivia", "shop/deployments.apps/cart/scale/?replicas=500", 200),
    "scaling for who may not": ("victor", "shop/deployments.apps/cart/scale/", 403),
    "a pod that is not there": ("olivia", "shop/pods/nobody/", 404),
}


def pod_names(site: Site, page: Page, person: str = "olivia", namespace: str = "shop") -> list[str]:
    """The names in the list of pods, as its page has them."""
    page.goto(site.address(person, f"{namespace}/pods/"))
    return page.locator(".row .name a").all_inner_texts()


def pod_named(site: Site, page: Page, beginning: str, namespace: str = "shop") -> str:
    """The name of the first pod that begins so."""
    return next(name for name in pod_names(site, page, namespace=namespace) if name.startswith(beginning))
