"""The pages of signing in and out: plain HTML, no script, both themes, both languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.responses import HTMLResponse

from cockpit.access.demo import Demo
from cockpit.access.sessions import OpenSession
from cockpit.locale import translate
from cockpit.look.tokens import DARK, LIGHT, css_variables
from cockpit.settings import settings

_STYLE = (
    f":root{{color-scheme:light dark;{css_variables(LIGHT)}}}"
    f"@media (prefers-color-scheme:dark){{:root{{{css_variables(DARK)}}}}}"
    """
*{box-sizing:border-box}
body{margin:0;min-height:100vh;background:var(--ground);color:var(--text);font:17px/1.6 var(--face);
display:flex;flex-direction:column;align-items:center;padding:clamp(16px,6vh,72px) 16px 32px}
header{display:flex;align-items:center;gap:12px;width:100%;max-width:27rem;margin-bottom:20px}
header svg{width:40px;height:40px;flex:none}
header b{font-size:1.15rem;line-height:1.3;flex:1}
header a{white-space:nowrap;padding:9px 4px}
main{width:100%;max-width:27rem;background:var(--panel);border:1px solid var(--line);
border-radius:14px;padding:28px clamp(18px,5vw,32px)}
h1{font-size:1.5rem;line-height:1.3;margin:0 0 16px}
h2{font-size:1.05rem;margin:28px 0 8px}
p{margin:0 0 14px}
.quiet{color:var(--quiet);font-size:.92rem}
label{display:block;font-weight:600;margin:16px 0 6px}
input[type=text],input[type=password]{width:100%;font:inherit;padding:11px 13px;min-height:48px;
color:var(--text);background:var(--ground);border:1px solid var(--edge);border-radius:9px}
button,.button{display:block;width:100%;min-height:50px;margin-top:22px;padding:11px 16px;
font:inherit;font-weight:600;text-align:center;text-decoration:none;border-radius:9px;
cursor:pointer;color:var(--on-accent);background:var(--accent);border:1px solid var(--accent)}
.second{color:var(--accent);background:transparent;margin-top:12px}
.small{min-height:46px;margin-top:8px;font-weight:500}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
a{color:var(--accent)}
[role=alert]{border:2px solid var(--bad);color:var(--bad);border-radius:9px;padding:12px 14px;
margin:0 0 16px}
[role=status]{border:1px solid var(--line);border-radius:9px;padding:12px 14px;margin:0 0 16px}
.demo{border:2px dashed var(--edge);border-radius:12px;padding:4px 16px 16px;margin-top:26px}
.demo h2{margin-top:12px}
footer{width:100%;max-width:27rem;margin-top:20px;text-align:center}
footer a{display:inline-block;padding:8px}
ul{padding-left:1.2em;margin:0 0 8px}
"""
)
_ICON = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7" '
    f'fill="{LIGHT.accent}"/><path d="M7 21.5 12.5 9l4.2 8.2L20 12l5 9.5z" fill="{LIGHT.panel}"/>'
    f'<path d="M7 25h18" stroke="{LIGHT.map_water}" stroke-width="2.4" '
    'stroke-linecap="round"/></svg>'
)
_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"}


@dataclass(frozen=True)
class Form:
    """What every form of these pages carries."""

    language: str
    county: str  # its name; "" while none is loaded
    token: str
    target: str = "/"  # where the visitor wanted to go
    error: str = ""  # a whole sentence in the language
    name: str = ""  # as typed before

    def say(self, template: str, **values: object) -> str:
        """Return a sentence in the page's language, safe between tags and in attributes."""
        return escape(translate(template, self.language, **values))

    def post(self, path: str, inside: str) -> str:
        """Return a form that posts to a path of ours, with its token and language."""
        hidden = "".join(
            f'<input type="hidden" name="{key}" value="{escape(value)}">'
            for key, value in (("token", self.token), ("next", self.target))
        )
        return f'<form method="post" action="{path}?lang={self.language}">{hidden}{inside}</form>'

    def alert(self) -> str:
        """Return what went wrong, read out at once by a screen reader."""
        return f'<p role="alert">{escape(self.error)}</p>' if self.error else ""


def sign_in(
    form: Form, *, demos: Sequence[Demo] = (), first: bool = False, oidc: bool = False,
    ended: bool = False, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    """Return the page to sign in on."""
    say = form.say
    fields = (
        _field(form, "name", say("Name to sign in with"), "text", "username", value=form.name,
                 focus=not form.name)
        + _field(form, "password", say("Password"), "password", "current-password",
                 focus=bool(form.name))
        + f"<button>{say('Sign in')}</button>"
    )  # fmt: skip
    parts = [f"<h1>{say('Sign in')}</h1>", form.alert()]
    if ended and not form.error:
        parts.append(f'<p role="status">{say("Your session has ended. Sign in again.")}</p>')
    if first:
        link = f'<a href="/sign-in/first?lang={form.language}">{say("Make the first account")}</a>'
        said = say("There is no administrator yet.")
        parts.append(f'<p role="status">{said} {link}</p>')
    parts.append(form.post("/sign-in", fields))
    if oidc:
        address = f"/sign-in/oidc?next={quote(form.target, safe='')}"
        words = say("Sign in with the organisation's account")
        parts.append(f'<a class="button second" href="{escape(address)}">{words}</a>')
    locked = say(
        "After 5 wrong passwords a name stays locked for 15 minutes. Whoever has forgotten the "
        "password asks the administrator."
    )
    parts.append(f'<p class="quiet" style="margin-top:18px">{locked}</p>')
    parts.append(_demos(form, demos))
    return _page(form, say("Sign in"), "".join(parts), status, way="/sign-in", ended=ended)


def _demos(form: Form, demos: Sequence[Demo]) -> str:
    if not demos:
        return ""
    said = form.say(
        "This county is invented. To look around, choose a role; no password is needed."
    )
    buttons = "".join(
        f'<button class="second small" name="demo" value="{escape(one.id)}">'
        f"{form.say('Demo: {role}', role=translate(one.title, form.language))}</button>"
        for one in demos
    )
    return (
        f'<section class="demo"><h2>{form.say("Demo accounts")}</h2><p class="quiet">{said}</p>'
        f"{form.post('/sign-in/demo', buttons)}</section>"
    )


def first_account(form: Form, *, status: int = 200) -> HTMLResponse:
    """Return the page that makes the first administrator."""
    say = form.say
    fields = (
        _field(form, "code", say("Code from the server's console"), "text", "off", focus=True)
        + _field(form, "name", say("Name to sign in with"), "text", "username", value=form.name)
        + _new_password(form)
        + f"<button>{say('Make the account')}</button>"
    )
    told = say(
        "The first account manages all others. The code stands on the console on which the server "
        "was started; it is good for one account and for 24 hours."
    )
    parts = f"<h1>{say('The first account')}</h1>{form.alert()}<p>{told}</p>"
    return _page(form, say("The first account"), parts + form.post("/sign-in/first", fields),
                 status, way="/sign-in/first")  # fmt: skip


def password(
    form: Form, who: str, open_sessions: Sequence[OpenSession], *, changeable: bool,
    done: bool = False, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    """Return the page to change the password on, and to see where the account is signed in."""
    say = form.say
    note = say("The password is changed. All other places are signed out.")
    parts = [
        f"<h1>{say('Change the password')}</h1>",
        form.alert(),
        f'<p role="status">{note}</p>' if done else "",
        f"<p>{say('Account: {name}', name=who)}</p>",
        _change(form) if changeable else f"<p>{say('This account has no password to change.')}</p>",
        f"<h2>{say('Where you are signed in')}</h2>{_places(open_sessions)}",
        form.post(
            "/sign-out-everywhere",
            f'<button class="second">{say("Sign out everywhere")}</button>',
        ),
        f'<a class="button second" href="/">{say("To the start page")}</a>',
    ]
    return _page(form, say("Change the password"), "".join(parts), status, way="/account/password")


def _change(form: Form) -> str:
    told = form.say("All other places where you are signed in are signed out then.")
    fields = (
        _field(form, "present", form.say("Present password"), "password", "current-password",
               focus=True)
        + _new_password(form)
        + f'<p class="quiet" style="margin:16px 0 0">{told}</p>'
        + f"<button>{form.say('Change the password')}</button>"
    )  # fmt: skip
    return form.post("/account/password", fields)


def sign_out(form: Form, who: str) -> HTMLResponse:
    """Return the page that asks before signing out."""
    say = form.say
    parts = (
        f"<h1>{say('Sign out')}</h1><p>{say('You are signed in as {name}.', name=who)}</p>"
        + form.post("/sign-out", f"<button>{say('Sign out')}</button>")
        + form.post(
            "/sign-out-everywhere",
            f'<button class="second">{say("Sign out everywhere")}</button>',
        )
        + f'<a class="button second" href="/">{say("Stay signed in")}</a>'
    )
    return _page(form, say("Sign out"), parts, 200, way="/sign-out")


_SAID = {
    "not allowed": ("This page is not for your role", "Your account is not allowed to open it."),
    "whole county": (
        "This page shows the whole county",
        "Your account is for one area. Its figures are on the map and the pages of the menu.",
    ),
    "away": ("The store cannot be reached", "Try again in a moment. Nothing is lost."),
    "form": (
        "The form has grown old",
        "For safety a form is good for the browser that opened it alone. Open it again.",
    ),
    "signed out": ("You are signed out", "Close the window on a computer that others use."),
}


def message(language: str, which: str, status: int, *, county: str = "") -> HTMLResponse:
    """Return a page with one sentence and the ways out, under the county's name."""
    form = Form(language, county, "")
    title, sentence = _SAID[which]
    links = [("/", form.say("To the start page"))]
    if which != "away":
        links.append(("/sign-in", form.say("Sign in with another account")))
    if which == "signed out":
        links = [("/sign-in", form.say("Sign in")), ("/open", form.say("Open data"))]
    ways = "".join(
        f'<a class="button{" second" if n else ""}" href="{address}">{words}</a>'
        for n, (address, words) in enumerate(links)
    )
    parts = f"<h1>{form.say(title)}</h1><p>{form.say(sentence)}</p>{ways}"
    return _page(form, form.say(title), parts, status, way="")


def _field(
    form: Form, key: str, words: str, kind: str, complete: str, *, value: str = "",
    focus: bool = False,
) -> str:  # fmt: skip
    wrong = ' aria-invalid="true"' if form.error else ""
    return (
        f'<label for="{key}">{words}</label><input id="{key}" name="{key}" type="{kind}" '
        f'autocomplete="{complete}" value="{escape(value)}" required maxlength="200" '
        f'autocapitalize="none" spellcheck="false"{wrong}{" autofocus" if focus else ""}>'
    )


def _new_password(form: Form) -> str:
    hint = form.say("At least 10 characters; a short sentence is good.")
    return (
        _field(form, "password", form.say("New password"), "password", "new-password")
        + f'<p class="quiet" style="margin:6px 0 0">{hint}</p>'
        + _field(form, "again", form.say("The same once more"), "password", "new-password")
    )


def _places(several: Iterable[OpenSession]) -> str:
    zone = ZoneInfo(settings().timezone)
    rows = "".join(
        f"<li>{since:%Y-%m-%d %H:%M} · {escape(one.address)}<br>"
        f'<span class="quiet">{escape(one.agent[:90])}</span></li>'
        for one in several
        for since in [one.created.replace(tzinfo=dt.UTC).astimezone(zone)]
    )
    return f"<ul>{rows}</ul>"


def _page(
    form: Form, title: str, inside: str, status: int, *, way: str, ended: bool = False
) -> HTMLResponse:
    other = "en" if form.language == "zh" else "zh"
    switch = "English" if other == "en" else "中文"
    ahead = f"&amp;next={escape(quote(form.target, safe=''))}" if form.target != "/" else ""
    ahead += "&amp;ended=1" if ended else ""
    turn = (
        f'<a href="{way}?lang={other}{ahead}" hreflang="{other}" lang="{other}">{switch}</a>'
        if way
        else ""
    )
    name = (
        form.say("{county} digital twin", county=form.county)
        if form.county
        else form.say("County twin")
    )
    html = (
        f'<!doctype html><html lang="{form.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="same-origin"><meta name="robots" content="noindex">'
        f"<title>{title} · {name}</title><style>{_STYLE}</style></head><body>"
        f"<header>{_ICON}<b>{name}</b>{turn}</header><main>{inside}</main>"
        f'<footer><a href="/open">{form.say("Open data, without signing in")}</a>'
        f'<p>{form.say("Slow connection?")} <a href="/lite?lang={form.language}">'
        f"{form.say('Simple pages')}</a></p></footer>"
        "</body></html>"
    )
    return HTMLResponse(html, status_code=status, headers=_HEADERS)
