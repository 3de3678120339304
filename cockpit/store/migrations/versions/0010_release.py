"""Add the tables of releases of public figures and of the privacy budget."""

import sqlalchemy as sa
from alembic import op

from cockpit.store.models_release import RELEASE_GUARDS

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "privacy_spend",
    "release_change",
    "release_margin",
    "release_figure",
    "release_place",
    "release",
)


def upgrade() -> None:
    _release()
    _parts()
    for statement in RELEASE_GUARDS.get(op.get_bind().dialect.name, ()):
        op.execute(statement)


def _release() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column(
            "series",
            sa.String(length=64),
            nullable=False,
            comment="what the versions have in common",
        ),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=True,
            comment="1, 2, ... in the series; empty: a draft",
        ),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False, comment="code of the county"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False, comment="noisy or suppressed"),
        sa.Column(
            "partition",
            sa.String(length=64),
            nullable=False,
            comment="id of the way people are divided",
        ),
        sa.Column(
            "classes", sa.JSON(), nullable=False, comment="list of [id, title (English msgid)]"
        ),
        sa.Column("levels", sa.JSON(), nullable=False, comment="levels offered, the highest first"),
        sa.Column(
            "not_offered", sa.JSON(), nullable=False, comment="level to the reason, in English"
        ),
        sa.Column(
            "epsilon",
            sa.String(length=32),
            nullable=False,
            comment="exact: 0.25 or 1/3; 0: no noise",
        ),
        sa.Column(
            "epsilon_by_level",
            sa.JSON(),
            nullable=False,
            comment="level to exact epsilon, as text",
        ),
        sa.Column("unit", sa.String(length=24), nullable=False, comment="English msgid"),
        sa.Column("data_version", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True, comment="date the data speak of"),
        sa.Column(
            "source_class",
            sa.String(length=4),
            nullable=False,
            comment="class of the exact figures",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why these figures are made public"),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="sha256 of regions and figures"
        ),
        sa.Column("published", sa.DateTime(), nullable=True, comment="UTC"),
        sa.Column("published_by", sa.String(length=80), nullable=False),
        sa.Column("ended", sa.DateTime(), nullable=True, comment="UTC; retracted or discarded"),
        sa.Column("ended_by", sa.String(length=80), nullable=False),
        sa.Column("end_note", sa.Text(), nullable=False, comment="why it was retracted"),
        sa.CheckConstraint(
            "(version is null) = (state in ('draft', 'discarded'))",
            name=op.f("ck_release_version_once_published"),
        ),
        sa.CheckConstraint("kind in ('noisy', 'suppressed')", name=op.f("ck_release_kind_known")),
        sa.CheckConstraint(
            "state in ('draft', 'published', 'retracted', 'discarded')",
            name=op.f("ck_release_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("series", "version", name=op.f("uq_release_series")),
    )


def _parts() -> None:
    op.create_table(
        "privacy_spend",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False, comment="UTC, of the drawing"),
        sa.Column("millionths", sa.Integer(), nullable=False, comment="millionths of epsilon"),
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.CheckConstraint("millionths > 0", name=op.f("ck_privacy_spend_above_nothing")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_privacy_spend_release_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_privacy_spend")),
        sa.UniqueConstraint("release_id", name=op.f("uq_privacy_spend_release_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "release_change",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False, comment="sentence, in English"),
        sa.Column("detail", sa.JSON(), nullable=False, comment="values of the sentence"),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_release_change_release_id")
        ),
        sa.PrimaryKeyConstraint("release_id", "position", name=op.f("pk_release_change")),
    )
    op.create_table(
        "release_figure",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.String(length=64), nullable=False),
        sa.Column(
            "count", sa.Integer(), nullable=True, comment="in the release's unit; empty: hidden"
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_release_figure_release_id")
        ),
        sa.PrimaryKeyConstraint("release_id", "code", "class_id", name=op.f("pk_release_figure")),
    )
    op.create_table(
        "release_margin",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("class_id", sa.String(length=64), nullable=False),
        sa.Column(
            "margin", sa.Integer(), nullable=False, comment="in the release's unit, to both sides"
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_release_margin_release_id")
        ),
        sa.PrimaryKeyConstraint("release_id", "level", "class_id", name=op.f("pk_release_margin")),
    )
    op.create_table(
        "release_place",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="parents before children"),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column(
            "parent", sa.String(length=32), nullable=False, comment="code; empty for the county"
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_release_place_release_id")
        ),
        sa.PrimaryKeyConstraint("release_id", "code", name=op.f("pk_release_place")),
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for function in ("refuse_rereleasing", "drafts_only", "within_budget"):
            op.execute(f"DROP FUNCTION {function}() CASCADE")
    for table in TABLES:
        op.drop_table(table)
