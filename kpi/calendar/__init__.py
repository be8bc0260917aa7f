"""Days, weeks and periods as the bureau speaks of them: working days, the lunar year, legal deadlines."""

from datetime import date

from kpi.calendar.deadlines import DEADLINES, DeadlineRule, allowed_days, deadline, deadline_rules
from kpi.calendar.festival import SPRING_FESTIVAL, spring_festival
from kpi.calendar.periods import Period, parse_period, period_of, short_day
from kpi.calendar.working import (
    OVERRIDES,
    add_working_days,
    estimated_note,
    is_official,
    is_working_day,
    working_days,
)

__all__ = [
    "DEADLINES",
    "DEMO_TODAY",
    "OVERRIDES",
    "SPRING_FESTIVAL",
    "DeadlineRule",
    "Period",
    "add_working_days",
    "allowed_days",
    "deadline",
    "deadline_rules",
    "estimated_note",
    "is_official",
    "is_working_day",
    "parse_period",
    "period_of",
    "short_day",
    "spring_festival",
    "working_days",
]

# The day on which the demonstration year is looked at.
DEMO_TODAY = date(2024, 1, 6)
