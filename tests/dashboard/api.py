"""The demo's API server asked directly, with none of Porthole's code."""

import json
from urllib.request import Request, urlopen


def api(demo, method, path, body=None, content_type="application/json"):
    """Ask it as olivia; the decoded answer."""
    headers = {"Authorization": "Bearer olivia-token", "Content-Type": content_type}
    data = json.dumps(body).encode() if body is not None else None
    with urlopen(Request(demo.url + path, data, headers, method=method)) as answer:
        return json.load(answer)


def scale_path(plural, name):
    """The scale subresource of a workload of the shop."""
    return f"/apis/apps/v1/namespaces/shop/{plural}/{name}/scale"
