"""Server-sent events as a browser would have them."""


def fields(text):
    """The fields of one message: event, id and data as a browser would have them."""
    assert text.endswith("\n\n")
    found = {"data": []}
    for line in text.removesuffix("\n\n").split("\n"):
        name, _, value = line.partition(": ")
        assert name in ("event", "id", "data"), text
        if name == "data":
            found["data"].append(value)
        else:
            found[name] = value
    return {**found, "data": "\n".join(found["data"])}


def opened(read, client, address, **options):
    """A stream's messages; its first one is a beat."""
    response = client.get(address, **options)
    assert response.status_code == 200
    messages = map(fields, read(response))
    assert next(messages) == {"event": "beat", "data": "1"}
    return response, messages


def changes(messages):
    """The messages that are no beats."""
    return (each for each in messages if each.get("event") != "beat")


def ended(messages):
    """The reason of the last message."""
    last = list(messages)[-1]
    assert last["event"] == "end"
    return last["data"]
