"""Addresses that people write: the first page by its name."""

import pytest
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from cockpit.access.visitor import PUBLIC, Visitor
from cockpit.web.home import Home
from tests.web.asgi import Reply, ask

PLANNER = Visitor(account="wang", roles=("planner",), clearance="敏感")
AUDITOR = Visitor(account="li", roles=("auditor",))
ADMINISTRATOR = Visitor(account="zhao", roles=("administrator",))


def asked(visitor: Visitor, target: str) -> Reply:
    behind = Home(Starlette())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await behind({**scope, "cockpit.visitor": visitor}, receive, send)

    return ask(app, target)


@pytest.mark.parametrize(
    ("visitor", "page"),
    [(PLANNER, "overview"), (AUDITOR, "audit"), (ADMINISTRATOR, "accounts"), (PUBLIC, "open")],
)
def test_the_first_page_is_found_by_its_name_with_its_view(visitor: Visitor, page: str) -> None:
    reply = asked(visitor, f"/{page}?region=529901101&lang=en")
    assert (reply.status, reply.headers["location"]) == (307, "/?region=529901101&lang=en")
    assert asked(visitor, f"/{page}").headers["location"] == "/"


@pytest.mark.parametrize(("visitor", "page"), [(PLANNER, "open"), (PUBLIC, "map")])
def test_other_pages_keep_their_names(visitor: Visitor, page: str) -> None:
    assert asked(visitor, f"/{page}").status == 404  # passed on: nothing is behind it here
