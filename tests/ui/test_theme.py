"""The tokens: one source for Streamlit's theme, and colours that people can tell apart."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from cockpit.ui import theme

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK])
def test_config_has_the_tokens(tokens: theme.Tokens) -> None:
    written = {k: v for k, v in CONFIG["theme"][tokens.name].items() if k != "sidebar"}
    assert written == theme.streamlit_options(tokens)
    assert CONFIG["theme"]["font"] == theme.FONT_STACK


def test_visitors_see_no_traceback_and_nothing_is_reported() -> None:
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["browser"]["gatherUsageStats"] is False


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = np.array(theme.rgba(colour)[:3]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK])
def test_text_is_legible_on_every_ground(tokens: theme.Tokens) -> None:
    for ground in (tokens.ground, tokens.panel):
        for text in (tokens.text, tokens.quiet, tokens.good, tokens.bad, tokens.accent):
            assert contrast(text, ground) >= 4.4, (text, ground)


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK])
def test_words_on_the_accent_are_legible(tokens: theme.Tokens) -> None:
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    ruled = theme.css(tokens).split(f"{{color:{tokens.on_accent}")[0].rpartition("}")[2]
    assert '[data-testid="stBaseButton-primary"]:not(:disabled)' in ruled
    assert '[data-testid="stMultiSelect"] [data-tag]' in ruled


# Machado, Oliveira, Fernandes (2009), severity 1: what protanopes and deuteranopes see.
PROTAN = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)
DEUTAN = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)


def lab(colours: tuple[str, ...], seen: np.ndarray) -> np.ndarray:
    rgb = np.array([theme.rgba(c)[:3] for c in colours]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ seen.T, 0, 1)
    xyz = (
        linear
        @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
        / [0.9505, 1.0, 1.089]
    )
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack(
        (116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])), axis=1
    )


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK])
@pytest.mark.parametrize("name", [*theme.RAMPS, "change"])
@pytest.mark.parametrize("seen", [np.eye(3), PROTAN, DEUTAN])
def test_neighbouring_classes_differ_for_everybody(
    tokens: theme.Tokens, name: str, seen: np.ndarray
) -> None:
    for n in (3, 5, 7):
        points = lab(theme.ramp(name, n, tokens), seen)
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        assert steps.min() > 8, (n, steps)  # 2.3 is the least that can be seen side by side


def test_more_stands_out_most() -> None:
    assert luminance(theme.ramp("blue", 5, theme.LIGHT)[-1]) < luminance(
        theme.ramp("blue", 5, theme.LIGHT)[0]
    )
    assert luminance(theme.ramp("blue", 5, theme.DARK)[-1]) > luminance(
        theme.ramp("blue", 5, theme.DARK)[0]
    )
