"""What belongs to a method beside its map: lists of clusters, back-tests, weights, needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

import streamlit as st

from cockpit.answers.risk import Answer, Judged, Places, Work
from cockpit.answers.risk_clusters import Clusters, Repeats
from cockpit.answers.risk_flood import Flooded
from cockpit.answers.risk_forecast import WATCHED, Ahead
from cockpit.answers.risk_index import Index
from cockpit.risk.backtest import Reliability
from cockpit.risk.forecast_card import CARD_TITLES
from cockpit.ui import cache, risk_cache, risk_charts, risk_slow, theme
from cockpit.ui.coverage_parts import table
from cockpit.ui.risk_choices import Choice, days_text
from cockpit.ui.words import language, number, percent, say, say_error, signed
from geodata.errors import CockpitError

_MOST_RANKED = 20


def show(choice: Choice) -> None:
    """Show the method's own panel, if it has one."""
    make = _PANELS.get(choice.asked.method)
    found = risk_cache.any_answer(choice.asked)
    if make is not None and found is not None:
        make(choice, risk_cache.places(choice.asked.level), found)


# ---------------------------------------------------------------- clusters, repeats


def _clusters(choice: Choice, places: Places, found: Answer) -> None:
    del choice
    told: Clusters = found.found
    if not told.several:
        return
    st.subheader(say("Clusters, most striking first"))
    names = cache.names(places.twin.version, language())
    rows = told.several
    table(
        {
            say("Cluster"): [number(k) for k in range(1, len(rows) + 1)],
            say("Around"): [names[places.twin.position(c.code)] for c in rows],
            say("When"): [days_text(c.first, c.last) for c in rows],
            say("Radius (km)"): [number(c.radius_m / 1000, 1) for c in rows],
            say("Events"): [number(c.observed) for c in rows],
            say("Expected there"): [number(c.expected, 1) for c in rows],
            say("Times the risk outside"): [number(c.relative_risk, 1) for c in rows],
            "p": [number(c.p, 3) for c in rows],
            say("Finding"): [say("significant") if c.sure else say("may be chance") for c in rows],
        },
        words=(say("Around"), say("When"), say("Finding")),
        alt=say("Clusters, most striking first"),
    )
    st.caption(
        say(
            "p from {n} simulated counties; {p} is the least that so many can show.",
            n=number(told.simulations), p=number(1 / (told.simulations + 1), 3),
        )
    )  # fmt: skip


def _repeats(choice: Choice, places: Places, found: Answer) -> None:
    told: Repeats = found.found
    made = told.found
    st.subheader(say("How many times as often as by chance"))
    if places.twin.position(choice.unit):
        st.caption(say("The table is the whole county's: a part of it has too few pairs."))
    head = "".join(
        f'<th class="ct-quiet n">{escape(say("{a} – {b} days", a=number(a), b=number(b)))}</th>'
        for a, b in zip(made.days, made.days[1:], strict=False)
    )
    body = ""
    for i, (near, far) in enumerate(zip(made.distances_m, made.distances_m[1:], strict=False)):
        cells = "".join(
            _ratio(float(made.ratio[i, j]), int(made.observed[i, j]), sure=bool(told.sure[i, j]))
            for j in range(made.ratio.shape[1])
        )
        title = say("{a} – {b} m", a=number(near), b=number(far))
        body += f"<tr><td>{escape(title)}</td>{cells}</tr>"
    st.html(
        f'<div class="ct-scroll"><table class="ct-table"><tr><th></th>{head}</tr>{body}</table>'
        "</div>"
    )
    st.caption(
        say(
            "Pairs of {n} events; bold and red where there are more than chance gives, also when "
            "so many fields are looked at ({k} shuffles, at most 5 % false). In brackets: pairs "
            "counted.",
            n=number(told.events), k=number(made.simulations),
        )
    )  # fmt: skip


def _ratio(ratio: float, pairs: int, *, sure: bool) -> str:
    look = f' style="color:{theme.now().bad};font-weight:600"' if sure else ""
    return f'<td class="n"{look}>{number(ratio, 2)} ({number(pairs)})</td>'


# ---------------------------------------------------------------- forecast


def _forecast(choice: Choice, places: Places, found: Answer) -> None:
    del places
    told: Ahead = found.found
    st.subheader(say("How such forecasts did so far"))
    work = risk_cache.judged(choice.asked)
    left, right = st.columns(2, gap="medium")
    with left:
        if not work.done.is_set():
            risk_slow.waiting(work)
        else:
            _backtest(work)
    with right:
        st.markdown(f"**{say('Card of this forecast')}**")
        for line in told.made.card:
            st.markdown(
                f"**{say(CARD_TITLES[line.title])}** — {_filled(line.template, line.values)}"
            )


def _filled(template: str, values: Mapping[str, object]) -> str:
    """Return a line of the card, its counts with grouped thousands."""
    return say(template, **{k: number(v) if isinstance(v, int) else v for k, v in values.items()})


def _gains(judged: Judged) -> None:
    """Say how much better the forecast points than simpler maps do, with the spread."""
    for title, mean, error, won in judged.gains():
        st.caption(
            say(
                "Beside “{map}” the PAI of this forecast differs by {gain} ± {error} (standard "
                "error); it was ahead in {won} of {n} months.",
                map=say(title), gain=signed(mean, 2), error=number(error, 2), won=number(won),
                n=number(judged.periods),
            )
        )  # fmt: skip


def _calibration(bins: Reliability) -> None:
    """Say how many groups of squares had other counts than foretold, beyond chance."""
    n = len(bins.expected)
    outside = n - round(bins.within * n)
    if outside:
        st.caption(
            say(
                "In {k} of {n} groups of squares more or fewer events came than the forecast "
                "expected, beyond chance: take its figures there as rough.",
                k=number(outside), n=number(n),
            )
        )  # fmt: skip
    else:
        st.caption(say("In all {n} groups what came agrees with what was expected.", n=number(n)))


def _backtest(work: Work) -> None:
    try:
        judged: Judged = work.result()
    except CockpitError as error:
        st.caption(say_error(error))
        return
    rows = judged.rows()
    table(
        {
            say("Map"): [say(title) for title, _, _ in rows],
            say("Events found"): [percent(hits, 1) for _, hits, _ in rows],
            say("Times better than chance (PAI)"): [number(pai, 2) for _, _, pai in rows],
        },
        words=(say("Map"),),
        alt=say("How such forecasts did so far"),
    )
    st.caption(
        say(
            "Mean of {n} past months, each forecast from what was known before it; looking at the "
            "{share} of the area that each map calls busiest. {held} of all squares had as many "
            "events as the forecast's interval allows (of 90 % meant).",
            n=number(judged.periods), share=percent(WATCHED),
            held=percent(judged.test.interval_held, 1),
        )
    )  # fmt: skip
    _gains(judged)
    risk_charts.show(
        risk_charts.reliability(judged.test.reliability), "reliability",
        say("Events that came (dots, with their 90 % interval) beside those expected"),
    )  # fmt: skip
    _calibration(judged.test.reliability)


# ---------------------------------------------------------------- index


def _index(choice: Choice, places: Places, found: Answer) -> None:
    told: Index = found.found
    st.subheader(say("Weights, and whose rank hangs on them"))
    left, right = st.columns([0.4, 0.6], gap="medium")
    with left:
        titles = [say(t) for t in told.titles]
        risk_charts.show(risk_charts.weights(titles, told.made.weights), "weights",
                         say("Weight of each criterion"))  # fmt: skip
        if told.judged is not None:
            st.caption(
                say(
                    "Consistency ratio of the comparisons: {ratio} (up to 0.1 is accepted).",
                    ratio=number(told.judged.consistency_ratio, 3),
                )
            )
        st.caption(
            say(
                "With other weights drawn at random around these, {share} of the top tenth stay in "
                "it on average; {sure} are there in nine of ten draws.",
                share=percent(told.moved.stay_in_top), sure=percent(told.moved.sure_in_top),
            )
        )  # fmt: skip
    with right:
        inside = places.inside(places.twin.position(choice.unit))
        order = [i for i in found.order.tolist() if i in set(inside.tolist())][:_MOST_RANKED]
        names = cache.names(places.twin.version, language())
        risk_charts.show(
            risk_charts.ranks(
                [names[int(places.rows[i])] for i in order],
                told.moved.ranks[order], told.moved.rank_low[order], told.moved.rank_high[order],
            ),
            "ranks",
            say("Rank of the highest places, and where it lies under other weights"),
        )  # fmt: skip


# ---------------------------------------------------------------- floods


def _impact(choice: Choice, places: Places, found: Answer) -> None:
    told: Flooded = found.found
    twin = places.twin
    unit = twin.position(choice.unit)
    total = int(told.made.affected[unit])
    if not total:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("People affected"))
        rows = [r for r in twin.children(unit).tolist() if told.made.affected[r] > 0]
        rows.sort(key=lambda r: -int(told.made.affected[r]))
        names = cache.names(twin.version, language())
        table(
            {
                say("Name"): [*(names[r] for r in rows), say("Together")],
                say("People affected"): [number(int(told.made.affected[r])) for r in [*rows, unit]],
                say("Residents of flooded cells"): [
                    number(told.made.exposed[r]) for r in [*rows, unit]
                ],
            },
            words=(say("Name"),),
            alt=say("People affected"),
        )
    with right:
        st.subheader(say("What they need at least"))
        needs = told.needs
        table(
            {
                say("Need"): [say(n.title) for n in needs.needs],
                say("Amount"): [number(int(v)) for v in needs.amounts[unit]],
                say("Unit"): [
                    say("{unit} a day", unit=say(n.unit)) if n.daily else say(n.unit)
                    for n in needs.needs
                ],
                say("Source"): [n.source for n in needs.needs],
            },
            words=(say("Need"), say("Unit"), say("Source")),
            alt=say("What they need at least"),
        )
        st.caption(say("Rounded up in every village, then added up."))


_PANELS: dict[str, Callable[[Choice, Places, Answer], None]] = {
    "clusters": _clusters,
    "ongoing": _clusters,
    "repeat": _repeats,
    "forecast": _forecast,
    "index": _index,
    "impact": _impact,
}
