"""The box for files: Streamlit's own words in it are English, whatever the visitor reads."""

from __future__ import annotations

import json
from collections.abc import Collection

import streamlit as st

from cockpit.ui.words import say

# Streamlit has no setting for these words, so they give way to ours.
_STYLE = """<style>
[data-testid="stFileUploaderDropzone"] button p,
[data-testid="stFileUploaderDropzoneInstructions"] span {font-size: 0;}
[data-testid="stFileUploaderDropzone"] button p::after {content: BUTTON; font-size: 1rem;}
[data-testid="stFileUploaderDropzoneInstructions"] span::after {content: LIMIT;
  font-size: max(13px, .84rem);}
</style>"""


def words(megabytes: int, types: Collection[str]) -> None:
    """Say in the visitor's language what the file box below does and takes."""
    kinds = " ".join(sorted(types)).upper()
    limit = say("or drop it here; up to {n} MB: {types}", n=megabytes, types=kinds)
    st.html(
        _STYLE.replace("BUTTON", _quoted(say("Choose a file"))).replace("LIMIT", _quoted(limit))
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("<", "\\3c ")
