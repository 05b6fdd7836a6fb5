"""A simulated Kubernetes API server: a small living shop that answers over HTTP as Kubernetes 1.37 does.

`server.serve()` starts it in a thread, `python -m clusters.demo` by itself. The rooms:

    server.py            HTTP on loopback: sockets, keep-alive, chunks
    api.py               one request: who asks, may they, which verb, what answer
    authentication.py    tokens and impersonation          rbac.py        rules and their evaluation
    paths.py             a URL taken apart                 discovery.py   what this server offers
    requests.py          what comes in and goes out        media.py bodies.py   in which form
    lists.py watch.py    reading                           writes.py patches.py validation.py   changing
    tables.py cells.py   kubectl's columns (columns.json)  selectors.py   labels and fields
    logs.py              a container's lines               statuses.py    refusals in Kubernetes' words
    world/               what exists: clock, store, people, images and the objects of the first day
    controllers/         what makes it move: kubelet, Deployments, Jobs, autoscaler and their like
"""
