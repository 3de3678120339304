"""``python -m cockpit keys``: which keys there are, whether they open everything, and a new one."""

from __future__ import annotations

import argparse

from cockpit.access import audit, rotation
from cockpit.answers.sealing import seal_uploads, sealed_store
from cockpit.locale import translate
from cockpit.settings import settings
from cockpit.store.sealed import is_whole, ring_of
from cockpit.store.session import engine
from geodata.errors import InputError

_NAMES = {"aes": "AES-256-GCM", "sm4": "SM4-GCM", "hmac": "HMAC-SHA-256"}
_STATES = {
    "active": "in use",
    "retired": "being replaced",
    "kept": "kept for old backups",
    "destroyed": "destroyed",
}


def run(given: argparse.Namespace) -> int:
    """Do what was asked; return 0, or 1 when a check finds values that are not sealed."""
    sealed_store()
    if given.act == "check":
        return _check(given.lang)
    if given.act == "rotate":
        _rotate(given)
    elif given.act == "destroy":
        _destroy(given)
    else:
        _list(given.lang)
    return 0


def _list(language: str) -> None:
    ring = ring_of(engine())
    told = "Key file: {file}, locked." if ring.wrapped else "Key file: {file}, not locked."
    print(translate(told, language, file=ring.path or "-"))
    states = rotation.states(engine(), settings().data_folder)
    if not states:
        print(translate("Nothing is sealed yet.", language))
    for one in states:
        _print(one, language)


def _print(one: rotation.KeyState, language: str) -> None:
    state = translate(_STATES[one.state], language)
    if one.cipher == "hmac":
        told = "{key}: {cipher}, tells people apart without their numbers, since {day}."
        state = ""
    else:
        told = "{key}: {cipher}, {state}, since {day}; it seals {n} values and {files} files."
    print(
        translate(
            told, language, key=one.id, cipher=_NAMES[one.cipher], state=state,
            day=f"{one.created:%Y-%m-%d}", n=f"{one.rows:,}", files=f"{one.files:,}",
        )
    )  # fmt: skip


def _rotate(given: argparse.Namespace) -> None:
    bind, folder = engine(), settings().data_folder
    seal_uploads(bind)
    done = rotation.rotate(bind, folder, who=audit.terminal(), keep=given.keep)
    ring_of(bind).rewrite()
    print(
        translate(
            "Key {key} seals everything now: {rows} rows and {files} files were sealed anew.",
            given.lang, key=done.key, rows=f"{done.rows:,}", files=f"{done.files:,}",
        )
    )  # fmt: skip
    told = "Key {key} is kept for old backups." if given.keep else "Key {key} is destroyed."
    for key in done.ended:
        print(translate(told, given.lang, key=key))


def _check(language: str) -> int:
    bind, folder = engine(), settings().data_folder
    states = rotation.check(bind, folder)
    n = sum(one.rows for one in states)
    files = sum(one.files for one in states)
    plain = rotation.plain_values(bind)
    print(
        translate(
            "{n} sealed values and {files} files were opened.", language,
            n=f"{n:,}", files=f"{files:,}",
        )
    )  # fmt: skip
    if plain:
        told = (
            "{n} values stand in plain though this store is sealed throughout: they were put there "
            "from outside."
            if is_whole(bind)
            else "{n} values stand in plain; keys rotate seals them."
        )
        print(translate(told, language, n=f"{plain:,}"))
    return 1 if plain else 0


def _destroy(given: argparse.Namespace) -> None:
    if not rotation.destroy_kept(engine(), given.id, who=audit.terminal()):
        raise InputError("No key {key} is kept for old backups.", key=given.id[:40])
    print(translate("Key {key} is destroyed.", given.lang, key=given.id))
