"""Words that the screen's page needs beside its figures."""

from __future__ import annotations

from cockpit.answers.screen_view import Json, View

WORDS: dict[str, str] = {
    "starting": "Opening the screen",
    "connection_lost": "Connection lost since {time}; showing the last figures",
    "signed_out": "The account of this screen is signed out. Sign in again.",
    "no_scenes": "There is no scene to show.",
    "scene_failed": "This scene cannot be shown now.",
    "scene_closed": "This scene needs an account that may see it. Other scenes are shown.",
    "scene_unknown": "There is no scene {scene}. Other scenes are shown.",
    "paused": "Paused",
    "pause": "Pause",
    "resume": "Go on",
    "previous": "Previous scene",
    "next": "Next scene",
    "fullscreen": "Full screen",
    "help": "Help",
    "close": "Close this",
    "more": "and {n} more",
    "no_data": "no data",
    "count": "n = {n}",
    "since": "Stands since",
    "why": "Reason",
    "doing": "What is being done",
    "one_of": "{k} of {n}",
    "alerts_open": "{n} alerts open",
    "map": "Map: arrow up and down choose a region",
    "key_pause": "Space: pause and go on",
    "key_scene": "Left and right arrow: scene",
    "key_region": "Up and down arrow: choose a region",
    "key_clear": "Esc: clear the choice, set an alert aside on this screen",
    "key_full": "F: full screen",
}
"""Key of ``screen_files/words.js`` to sentence (a msgid); the page fills names in braces."""


def fixed_words(view: View) -> Json:
    """Return the words in a language."""
    return {key: view.say(sentence) for key, sentence in WORDS.items()}
