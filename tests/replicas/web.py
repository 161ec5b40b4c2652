"""One request to one server."""

import http.client
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def tag(self):
        return self.headers.get("etag")


class Client:
    """A connection that is kept between requests, and made again when it is gone."""

    def __init__(self, address, seconds=60):
        self.connection = http.client.HTTPConnection(address, timeout=seconds)

    def get(self, path, **headers):
        """Raises OSError or HTTPException when there is no answer, or not all of it."""
        try:
            self.connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = self.connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise


def get(address, path, seconds=5, **headers):
    """The answer, or None when nobody answers."""
    client = Client(address, seconds)
    try:
        return client.get(path, **headers)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.connection.close()
