"""Keep alerts about what they were opened about: only level, state and end may change."""

from alembic import op

from cockpit.store.models_live import ALERT_GUARDS

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in ALERT_GUARDS.get(op.get_bind().dialect.name, ()):
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER alert_as_opened ON alert")
    else:
        op.execute("DROP TRIGGER alert_no_replacing")
        op.execute("DROP TRIGGER alert_as_opened")
