"""By what name the services' own logs know the answers of a run."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("request_ids", sa.JSON(none_as_null=True), nullable=True))
