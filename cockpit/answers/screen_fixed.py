"""Words that the screen's page needs beside its figures."""

from __future__ import annotations

from cockpit.answers.screen_view import Json, View

WORDS: dict[str, str] = {
    "as_of": "as of",
    "data_class": "Class",
    "exercise": "Exercise",
    "connection_lost": "The connection is lost; trying again.",
    "connection_back": "The connection is back.",
    "starting": "The screen is starting.",
    "empty": "No county has been loaded yet.",
    "no_scene": "No scene can be shown.",
    "alert": "Alert",
    "doing": "What is being done",
    "why": "Why",
    "where": "Where",
    "since": "Since",
    "target": "Target",
    "no_data": "no data",
    "feeds": "Live feeds",
    "public": "Public form: published figures only",
    "session_ended": "The sign-in has ended; public figures are shown.",
    "previous": "Previous scene",
    "next": "Next scene",
    "pause": "Pause",
    "go_on": "Go on",
    "full_screen": "Full screen",
    "close": "Close",
    "sign_in": "Sign in",
    "problems": "The scene file needs a look",
    "heat": "Where much happens",
    "height": "Height",
    "clear_selection": "Clear selection",
    "page_title": "Screen",
    "no_webgl": "This browser cannot draw the map.",
    "of_alerts": "{k} of {n}",
}
"""Key to sentence (a msgid). Sentences with places in braces are filled by the page."""


def fixed_words(view: View) -> Json:
    """Return the words in a language."""
    return {key: view.say(sentence) for key, sentence in WORDS.items()}
