"""A made-up county of two years, written as the export files of its systems."""

from kpi.calendar import DEMO_TODAY
from kpi.demo.building import build
from kpi.demo.exports import write_exports

__all__ = ["DEMO_TODAY", "build", "write_exports"]
