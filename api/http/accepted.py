"""The form in which a client accepts its answer, by its Accept header (GraphQL over HTTP)."""

JSON = "application/json"
GRAPHQL = "application/graphql-response+json; charset=utf-8"
"""With it, the status distinguishes a rejected request (400) from an answer (200)."""
EVENTS = "text/event-stream"
_OWN = GRAPHQL.partition(";")[0]


def takes_graphql(accept: str) -> bool:
    """Whether the client prefers GraphQL's own media type to plain JSON, or ranks them equally."""
    quality = _quality(accept, _OWN)
    return quality > 0 and quality >= _quality(accept, JSON)


def takes_events(accept: str) -> bool:
    """Whether an event stream may be the answer; urql names it with every request."""
    return _quality(accept, EVENTS) > 0


def takes_only_events(accept: str) -> bool:
    """Whether the answer must be an event stream, even for a read, as with graphql-sse."""
    return takes_events(accept) and not any(_quality(accept, each) for each in (JSON, _OWN, "application/*", "*/*"))


def is_a_persons(accept: str) -> bool:
    """Whether a browser requests a page."""
    return _quality(accept, "text/html") > 0


def _quality(accept: str, media_type: str) -> float:
    for each in accept.lower().split(","):
        named, *parameters = (part.strip() for part in each.split(";"))
        if named == media_type:
            quality = next((part.removeprefix("q=") for part in parameters if part.startswith("q=")), "1")
            try:
                return float(quality)
            except ValueError:
                return 1
    return 0
