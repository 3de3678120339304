"""Tables of who may come in: accounts, sessions, failed sign-ins, the code of a first start."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cockpit.store.base import CODE, KEY, NUMBER, Base

_CLASS = "in ('公开', '备用', '敏感', '秘密')"


class StoredAccount(Base):
    """Somebody who may sign in. Accounts are switched off, never deleted: traces name them."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint(f"clearance {_CLASS}", name="clearance_known"),)

    id: Mapped[str] = mapped_column(KEY, primary_key=True, comment="name to sign in with")
    display: Mapped[str] = mapped_column(Text, comment="name as others read it")
    password_hash: Mapped[str] = mapped_column(
        Text, default="", comment="argon2id; empty: no sign-in by password"
    )
    roles: Mapped[Any] = mapped_column(JSON, comment="list of ids of roles")
    clearance: Mapped[str] = mapped_column(String(4), comment="highest class: 公开 to 秘密")
    territory: Mapped[str] = mapped_column(
        CODE, default="", comment="code of a region and all below it; empty: the county"
    )
    subject: Mapped[str | None] = mapped_column(
        Text, unique=True, comment="of an identity provider: issuer, a space, its id of the person"
    )
    demo: Mapped[bool] = mapped_column(default=False, comment="for an invented county only")
    created: Mapped[dt.datetime] = mapped_column(comment="UTC")
    created_by: Mapped[str] = mapped_column(KEY, default="")
    password_changed: Mapped[dt.datetime | None] = mapped_column(comment="UTC")
    last_sign_in: Mapped[dt.datetime | None] = mapped_column(comment="UTC")
    disabled: Mapped[dt.datetime | None] = mapped_column(comment="UTC")


class StoredSession(Base):
    """One sign-in, from its beginning to its end."""

    __tablename__ = "visitor_session"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, comment="random; not the cookie")
    cookie_hash: Mapped[str] = mapped_column(
        String(64), unique=True, comment="sha256; the cookie is kept nowhere"
    )
    account_id: Mapped[str] = mapped_column(ForeignKey(StoredAccount.id), index=True)
    created: Mapped[dt.datetime] = mapped_column(comment="UTC")
    last_seen: Mapped[dt.datetime] = mapped_column(comment="UTC, written once a minute")
    expires: Mapped[dt.datetime] = mapped_column(comment="UTC, whatever happens")
    revoked: Mapped[dt.datetime | None] = mapped_column(comment="UTC")
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
    purpose: Mapped[str] = mapped_column(
        String(200), default="", comment="what sensitive data are needed for, as said"
    )


class SignInLock(Base):
    """How often the sign-in with a name has failed, whether there is such a name or not."""

    __tablename__ = "sign_in_lock"

    name_hash: Mapped[str] = mapped_column(
        String(64), primary_key=True, comment="keyed hash: people type passwords into this field"
    )
    failures: Mapped[int] = mapped_column(comment="since the last success or lock")
    last_failed: Mapped[dt.datetime] = mapped_column(comment="UTC")
    locked_until: Mapped[dt.datetime | None] = mapped_column(comment="UTC")


class SignInAttempt(Base):
    """One attempt from an address, kept for some minutes."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[dt.datetime] = mapped_column(index=True, comment="UTC")


class FirstCode(Base):
    """The code that makes the first administrator, once."""

    __tablename__ = "first_code"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True, comment="sha256")
    created: Mapped[dt.datetime] = mapped_column(comment="UTC")
    expires: Mapped[dt.datetime] = mapped_column(comment="UTC")
    used: Mapped[dt.datetime | None] = mapped_column(comment="UTC")
