"""What all tables of the store share: their base class, and the types of codes and keys."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase

CODE = String(32)
KEY = String(64)
NUMBER = BigInteger().with_variant(
    Integer, "sqlite"
)  # SQLite numbers rows by itself for INTEGER only


class Base(DeclarativeBase):
    """Base class; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
