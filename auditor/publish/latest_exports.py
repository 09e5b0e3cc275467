"""The latest state of a target for other programs, in files with fixed names."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from auditor.engine.views.target_report.report import Report
from auditor.errors import DeliveryError
from auditor.publish.csv_export import report_csv
from auditor.publish.destinations import open_destination
from auditor.publish.json_export import report_json
from auditor.publish.ocsf_export import report_ocsf

LATEST_FILES = {"json": "latest.json", "csv": "latest.csv", "ocsf": "latest.ocsf.jsonl"}


def write_exports(report: Report, place: str, formats: Iterable[str]) -> tuple[str, ...]:
    """Write the report in each of ``formats`` into the folder of its target.

    Existing files are replaced. Returns the reasons for failures, each once.
    """
    faults: dict[str, None] = {}
    for name in formats:
        pieces = RENDERERS[name]((report,))
        try:
            open_destination(place, report.target.name).write_chunks(
                LATEST_FILES[name], (piece.encode(errors="replace") for piece in pieces)
            )
        # The other formats are written all the same.
        except DeliveryError as error:
            faults[str(error)] = None
    return tuple(faults)


RENDERERS: Mapping[str, Callable[[Iterable[Report]], Iterator[str]]] = {
    "json": report_json,
    "csv": report_csv,
    "ocsf": report_ocsf,
}
