"""Where trouble builds up, and how sure that is: one door to every method of the page Risk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.happenings import Happenings
from cockpit.answers.risk_answer import Answer, Column, Key
from cockpit.answers.risk_answers import COMPOSERS, MAKERS, SIGN_TITLES, heat, shown_class
from cockpit.answers.risk_forecast import Judged, judged
from cockpit.answers.risk_heat import METHODS as HEAT
from cockpit.answers.risk_methods import METHODS, Method, methods_for
from cockpit.answers.risk_options import NONE
from cockpit.answers.risk_picture import Drawn, drawn
from cockpit.answers.risk_places import Places, places_of
from cockpit.answers.risk_question import EVERYTHING, Question, frames, question, span, themes
from cockpit.answers.risk_why import Why, why
from cockpit.answers.risk_work import Work, ask
from cockpit.store.models import Dataset
from cockpit.store.session import engine
from geodata.errors import InputError

__all__ = [
    "EVERYTHING",
    "HEAT",
    "METHODS",
    "SIGN_TITLES",
    "Answer",
    "Column",
    "Drawn",
    "Judged",
    "Key",
    "Method",
    "Places",
    "Question",
    "Why",
    "Work",
    "answer",
    "ask",
    "drawn",
    "frames",
    "judge",
    "maker",
    "methods_for",
    "places_of",
    "question",
    "shown_class",
    "source_titles",
    "span",
    "themes",
    "why",
]


def answer(
    known: Happenings,
    places: Places,
    method: str,
    q: Question,
    *,
    visitor: str,
    whole: Question | None = None,
    options: str = NONE,
) -> Answer:
    """
    Return what a method says of all places.

    Parameters
    ----------
    whole
        The period that ``q`` is a part of: heat then takes its limits, so that colours of all its
        parts mean the same.
    options
        Of the method: see its own module.

    Raises
    ------
    InputError
        For an unknown method, or what the method refuses.
    """
    if method in HEAT and whole is not None:
        return heat(known, places, q, method, whole)
    return maker(known, places, method, q, visitor=visitor, options=options)()


def maker(
    known: Happenings,
    places: Places,
    method: str,
    q: Question,
    *,
    visitor: str,
    options: str = NONE,
) -> Callable[[], Answer]:
    """Return what works the answer out, to be run in the background; errors as ``answer``."""
    if method not in MAKERS and method not in COMPOSERS:
        raise InputError("There is no method {method}.", method=method)
    if method in COMPOSERS:
        return partial(COMPOSERS[method], known, places, q, visitor, options)
    return partial(MAKERS[method], known, places, q, method)


def source_titles() -> dict[str, dict[str, str]]:
    """Return the title of each data set in Chinese and English."""
    with Session(engine()) as db:
        rows = db.execute(select(Dataset.id, Dataset.title, Dataset.title_en)).all()
    return {one: {"zh": title, "en": title_en or title} for one, title, title_en in rows}


def judge(known: Happenings, places: Places, q: Question) -> Callable[[], Judged]:
    """Return what works out how forecasts did in the past, to be run in the background."""
    return partial(judged, known, places, q)
