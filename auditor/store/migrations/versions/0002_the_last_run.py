"""What the last run saw of Okta's rate limits, and that run found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("target", sa.Column("rate_limits", sa.JSON(none_as_null=True), nullable=True))
    op.create_index("ix_run_target_id_id", "run", ["target_id", "id"])
