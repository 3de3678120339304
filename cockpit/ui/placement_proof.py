"""How good a plan is, what that rests on, and how anybody can check it."""

from __future__ import annotations

from html import escape

import streamlit as st

from cockpit.answers.layers import stamp
from cockpit.placement.plan import CLOSED, Plan, gap_of
from cockpit.ui.placement_progress import apart
from cockpit.ui.words import language, say


def verdict(plan: Plan) -> str:
    """Return how far the plan is from the best there is, as a sentence."""
    if plan.proven:
        return say("Proven: no plan is better.")
    return say("No plan is better than this one by more than {share}.", share=apart(plan.gap))


def rests_on(plan: Plan) -> str:
    """
    Return what the bound rests on: "numbers" that anybody can recompute, the "solver", or "both".

    "both": numbers in the certificate prove a bound, the solver a better one.
    """
    if plan.proof.get("kind") != "solver":
        return "numbers"
    known = plan.proof.get("lagrangian_bound")
    if known is None:
        return "solver"
    return "numbers" if gap_of(plan.bound, float(known)) <= CLOSED else "both"


def basis(plan: Plan) -> str:
    """Return in a sentence what the bound rests on."""
    found = rests_on(plan)
    if found == "numbers":
        return say(
            "The bound can be recomputed from the numbers in the certificate, without the solver."
        )
    if found == "both":
        return say(
            "Numbers in the certificate prove a weaker bound; this one rests on the log of the "
            "solver HiGHS."
        )
    return say(
        "The bound rests on the log of the solver HiGHS; sites, rules and objective are "
        "recomputed in the check."
    )


def badge(plan: Plan) -> None:
    """Show how good the plan is, before all figures."""
    if plan.proven:
        st.success(verdict(plan), icon=":material/verified:")
    else:
        st.info(verdict(plan), icon=":material/straighten:")


def address(version: str, key: str) -> str:
    """Return where the certificate of a run is served."""
    return f"/download/{stamp(version)}/plan/{key}.json?lang={language()}"


def proof(version: str, key: str, plan: Plan) -> None:
    """Show the certificate to download, what it rests on, and how to check it."""
    title = say("Download the proof")
    st.html(
        f'<div class="ct-files"><a href="{escape(address(version, key))}" '
        f'download="plan.json">{escape(title)}</a></div>'
    )
    st.caption(basis(plan))
    with st.expander(say("How to check the proof")):
        st.markdown(
            say(
                "On any machine with this project and the same data, run this; it recomputes the "
                "rules, the objective and the bound with a program that shares no code with the "
                "search, and refuses a certificate in which one byte was changed."
            )
        )
        st.code("python -m cockpit verify plan.json", language="bash")
