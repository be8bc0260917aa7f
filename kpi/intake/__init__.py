"""Bytes of an export in; good rows, refused rows and reasons out. Pure: nothing is stored or changed here."""

from kpi.intake.apart import Reader, stage_apart
from kpi.intake.cautions import Caution
from kpi.intake.mapping import Mapping
from kpi.intake.staged import Staged
from kpi.intake.staging import stage

__all__ = ["Caution", "Mapping", "Reader", "Staged", "stage", "stage_apart"]
