"""The screen of a command centre in a real browser: what a wall meets in a week, in a minute."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, sync_playwright

from cockpit.answers import alerts
from cockpit.look import tokens
from tests import conftest, signing, watched
from tests.browser.chromium import CHROMIUM, FLAGS, MARKS
from tests.browser.screening import MEASURE, SCENES, SIZES, Server, Wall

pytestmark = MARKS
GAUGE = "Y1"


@dataclass
class Site:
    """One server, one browser, and a screen that has played since the first test."""

    server: Server
    browser: Browser
    playing: Wall
    weight: dict[str, float] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.server.address}/screen"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return the tiny county with a smoke detector whose feed fell silent long ago."""
    folder = tmp_path_factory.mktemp("screen")
    watched.store(folder, {GAUGE: "烟感"})
    (folder / "scenes.toml").write_text(SCENES, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_DATA", str(folder))
        conftest._forget_store()
        watched.read(GAUGE, [0.0] * 48, live=True)
        alerts.evaluate()
        signing.sign_in(folder)
        server = Server(folder, tmp_path_factory.mktemp("log") / "server.log")
        try:
            server.start()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                playing = Wall(browser, size=(1280, 720)).open(f"{server.address}/screen?lang=en")
                yield Site(server, browser, playing)
                browser.close()
        finally:
            server.kill()
            conftest._forget_store()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_fills_the_window_and_nothing_leaves_it(site: Site, width: int, height: int) -> None:
    wall = Wall(site.browser, size=(width, height))
    for scene, language in (("county", "zh"), ("warning", "en")):
        wall.open(f"{site.address}?lang={language}&scene={scene}")
        wall.page.wait_for_timeout(1200)
        wall.shot(f"screen_{scene}_{language}_{width}x{height}")
        assert wall.page.evaluate(MEASURE, SIZES[width, height]) == []
        # The county fills its place: something is drawn near all four sides of the glass.
        used = wall.page.evaluate("document.querySelector('#foot').getBoundingClientRect().bottom")
        assert used > 0.97 * height
    assert not wall.said
    wall.close()


def test_a_turned_window_shows_what_a_new_one_would(site: Site) -> None:
    scale = "[...document.querySelectorAll('#scale span, #scale i')].map(o => o.outerHTML).join()"
    wall = Wall(site.browser).open(f"{site.address}?lang=zh&scene=county")
    for width, height in ((390, 844), (1920, 1080)):
        wall.page.set_viewport_size({"width": width, "height": height})
        fresh = Wall(site.browser, size=(width, height))
        fresh.open(f"{site.address}?lang=zh&scene=county")
        end = time.monotonic() + 15
        while (turned := wall.page.evaluate(scale)) != (new := fresh.page.evaluate(scale)):
            assert time.monotonic() < end, f"{turned} is not {new}"
            fresh.page.wait_for_timeout(200)
        fresh.close()
    assert not wall.said
    wall.close()


def test_a_wrong_scene_says_so_in_its_place(site: Site) -> None:
    wall = Wall(site.browser).open(f"{site.address}?lang=en&scene=own")
    assert "no_such_indicator" in wall.page.locator(".panel.problem").inner_text()
    assert wall.told("state") == "playing"
    wall.close()


def test_a_closed_or_unknown_scene_gives_way_to_the_playlist(site: Site) -> None:
    for scene, signed_in, said in (("warning", False, "account"), ("none", True, "no scene none")):
        wall = Wall(site.browser, signed_in=signed_in)
        wall.open(f"{site.address}?lang=en&scene={scene}")
        wall.until("d.scene === 'county'", 10)
        wall.page.wait_for_timeout(300)
        assert said in wall.page.locator("#notices").inner_text()
        wall.close()


def test_two_screens_of_a_wall_follow_a_choice(site: Site) -> None:
    one = Wall(site.browser).open(f"{site.address}?lang=zh&wall=hall&scene=county")
    two = Wall(site.browser).open(f"{site.address}?lang=zh&wall=hall&scene=warning")
    one.page.keyboard.press("ArrowDown")
    one.until("d.selected", 5)
    two.until(f"d.selected === '{one.told('selected')}'", 8)
    two.page.keyboard.press("Escape")
    one.until("!d.selected", 8)
    assert (one.told("scene"), two.told("scene")) == ("county", "warning")
    one.close()
    two.close()


def test_the_lobby_shows_nothing_restricted(site: Site) -> None:
    lobby = Wall(site.browser, signed_in=False).open(f"{site.address}?lang=zh&lobby=1")
    words = lobby.page.locator("body").inner_text()
    assert GAUGE not in words
    assert "烟感" not in words
    assert not lobby.page.locator("#watermark").is_visible()
    assert lobby.page.evaluate("document.querySelector('#weather').dataset.state") == "none"
    assert lobby.told("scene") not in ("warning", "own")
    lobby.close()


def test_a_frozen_feed_turns_the_badge_red(site: Site) -> None:
    badge = site.playing.page.locator("#weather")
    assert badge.get_attribute("data-state") == "stopped"
    red = badge.evaluate("one => getComputedStyle(one).backgroundColor")
    assert red == f"rgb({', '.join(str(part) for part in tokens.rgba(tokens.ALERT['red'])[:3])})"


def test_stands_still_for_who_asked_for_less_motion(site: Site) -> None:
    still, turning = (
        Wall(site.browser, still=still).open(f"{site.address}?lang=zh&scene=county")
        for still in (True, False)
    )
    first = [_bearing(wall) for wall in (still, turning)]
    end = time.monotonic() + 20
    while _bearing(turning) == first[1]:
        assert time.monotonic() < end, "the map does not turn"
        turning.page.wait_for_timeout(300)
    still.page.wait_for_timeout(1500)
    assert _bearing(still) == first[0]
    still.close()
    turning.close()


def _bearing(wall: Wall) -> str | None:
    return wall.page.locator("#map").get_attribute("data-bearing")


def test_keys_pause_and_turn(site: Site) -> None:
    wall = Wall(site.browser).open(f"{site.address}?lang=zh")
    wall.page.keyboard.press(" ")
    wall.until("d.state === 'paused'", 2)
    left = wall.told("left")
    wall.page.wait_for_timeout(700)
    assert wall.told("left") == left
    before = wall.told("scene")
    wall.page.keyboard.press("ArrowRight")
    wall.until(f"d.scene !== '{before}'", 10)
    scene = wall.told("scene")
    # Loaded anew, as every few hours: the same scene, still paused.
    wall.page.reload()
    wall.until(f"d.scene === '{scene}' && d.state === 'paused'", 20)
    wall.close()


def _no_heavier(after: dict[str, float], before: dict[str, float]) -> bool:
    """Tell whether nothing has stayed behind; texts that count come and go."""
    return (
        after["JSEventListeners"] <= before["JSEventListeners"]
        and after["Nodes"] <= before["Nodes"] + 20
    )


def test_three_turns_lose_nothing_and_grow_nothing(site: Site) -> None:
    wall = site.playing
    wall.until("Number(d.turns) >= 1 && d.scene === 'county'", 60)
    seen = []
    for _ in range(3):
        wall.page.wait_for_timeout(700)
        seen.append(wall.weight())
    before = {name: min(one[name] for one in seen) for name in seen[0]}
    turns = int(wall.told("turns"))
    wall.until(f"Number(d.turns) >= {turns + 2} && d.scene === 'county'", 90)
    end = time.monotonic() + 60
    while not _no_heavier(wall.weight(), before):  # while scenes change, both are there
        assert time.monotonic() < end, (before, wall.weight())
        wall.page.wait_for_timeout(700)
        wall.until("d.scene === 'county'", 30)
    assert int(wall.told("turns")) >= 3
    assert "lang=en" in wall.page.url
    assert wall.told("state") == "playing"
    assert not wall.said


def test_an_alert_interrupts_and_hands_back(site: Site) -> None:
    wall = site.playing
    scene, left = wall.told("scene"), float(wall.told("left"))
    if left < 2:  # let the scene that is about to end do so
        wall.until(f"d.scene !== '{scene}'", 15)
    watched.read(GAUGE, [9.0] * 3, first=watched.START + dt.timedelta(days=4), live=True)
    alerts.evaluate()
    told = time.monotonic()
    wall.until("d.state === 'alert'", 15)
    assert time.monotonic() - told < 5
    panel = wall.page.locator("#alert")
    scene, left = wall.told("scene"), float(wall.told("left"))
    words = panel.inner_text()
    for part in ("Red", "Smoke", "Village 01", "The value is 9", "nobody has taken it up yet"):
        assert part in words
    wall.page.wait_for_timeout(2000)
    wall.shot("screen_alert_en_1280x720")
    assert wall.page.evaluate(MEASURE, 12) == []
    for story in alerts.open_alerts("备用"):
        if story.level >= 3 and story.acknowledged is None:
            alerts.acknowledge(story.id, "值班室", visitor="备用")
    wall.until("d.state === 'playing'", 8)
    assert wall.told("scene") == scene
    assert float(wall.told("left")) == pytest.approx(left, abs=1)


def test_comes_back_by_itself_when_the_server_does(site: Site) -> None:
    wall = site.playing
    site.server.kill()
    wall.until("d.connection === 'lost'", 20)
    assert "Connection lost since" in wall.page.locator("#notices").inner_text()
    assert wall.page.locator(".panel").count() > 0  # the last figures stay
    wall.shot("screen_lost_en_1280x720")
    site.server.start()
    back = time.monotonic()
    wall.until("d.connection === 'ok'", 30)
    assert time.monotonic() - back < 15
    scene = wall.told("scene")
    wall.until(f"d.scene !== '{scene}'", 25)  # and plays on
    assert not wall.said
