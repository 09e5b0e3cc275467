"""How people are told: from the outbox to Slack and to webhooks."""

from auditor.deliver.outbox import Delivered
from auditor.deliver.telling import channels_of, deliver

__all__ = ["Delivered", "channels_of", "deliver"]
