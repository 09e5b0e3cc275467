"""Our timetable in APScheduler's words; its own cron counts weekdays from Monday."""

from datetime import datetime

from apscheduler.triggers.base import BaseTrigger

from auditor.config.service_settings import Timetable


class TimetableTrigger(BaseTrigger):  # type: ignore[misc]  # it has no types
    """Fires at the slots of a timetable, the same in every process."""

    def __init__(self, timetable: Timetable) -> None:
        self._timetable = timetable

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the slot after the last one, or after now."""
        return self._timetable.after(previous or now)
