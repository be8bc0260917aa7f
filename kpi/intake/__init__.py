"""Bytes of an export in; good rows, refused rows and reasons out. Pure: nothing is stored or changed here.

The way of a file, one step a module, ``staging`` calling them in order:

1. ``apart`` → ``child``: read in a process of its own (``transfer`` carries the answer back).
2. ``source`` → ``sniff``, ``text``: what kind of file, in which characters.
3. ``read_text`` (``records``), ``read_workbook`` (``package``, ``sheet_marks``, ``compound``), ``read_html``,
   ``read_spreadsheetml`` (all three with ``grid``): tables of texts (``read``).
4. ``recognise`` (``headers``, ``titles``, ``mapping``, ``unknown``, ``belonging``): which subject, which columns.
5. ``gather`` (``ahead``, ``gathered``): piece by piece ``noise`` out, cells ``clean`` (``cells``, ``dates``, ``masks``,
   ``spelling``, ``shares``, ``places``), rows ``validate`` by ``rules``, the others ``refuse``.
6. ``totals`` and ``cautions``: what a person should look at. ``staged``: what comes out.

``suggest`` and ``mapping_files`` serve the screen on which a foreign sender's columns are named.
"""

from kpi.intake.apart import Reader, stage_apart
from kpi.intake.cautions import Caution
from kpi.intake.mapping import Mapping
from kpi.intake.staged import Staged
from kpi.intake.staging import stage

__all__ = ["Caution", "Mapping", "Reader", "Staged", "stage", "stage_apart"]
