"""Addresses that people write: the map by its name."""

from tests.web.asgi import ask, cockpit_app


def test_the_map_is_found_by_its_name_with_its_view() -> None:
    reply = ask(cockpit_app(), "/map?region=529901101&lang=en")
    assert (reply.status, reply.headers["location"]) == (307, "/?region=529901101&lang=en")
    assert ask(cockpit_app(), "/map").headers["location"] == "/"
