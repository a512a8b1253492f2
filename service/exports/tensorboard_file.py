"""TensorBoard: an event file."""

from typing import BinaryIO

from service.exports.blocks import Block, blocks
from service.exports.event_file import EventFile
from service.exports.histograms import histograms
from service.exports.markdown import table
from service.exports.order import Order
from service.exports.recording import Recording
from service.exports.tables import FINDINGS, LAYERS, finding_rows, job_json, layer_rows
from service.exports.tags import tags

CURVES = "curves"
NONFINITE = "nonfinite"
HISTOGRAMS = "log10_gradient"


def write(recording: Recording, order: Order, file: BinaryIO) -> None:
    """Tags `<metric>/<layer>` and `curves/<metric>` with the times of the trace; NaN and infinities are left out, and
    counted under `nonfinite/…`. The job, its layers and its findings are texts.

    Histograms are of log10|gradient|; exact zeros and what is not finite have no logarithm, and are counted under
    `zeros/log10_gradient/…` and `nonfinite/log10_gradient/…`.
    """
    events = EventFile(file, recording.job.created_at)
    _texts(recording, events)
    _scalars(recording, order.max_points, events)
    _histograms(recording, events)


def _texts(recording: Recording, events: EventFile) -> None:
    moment = recording.job.finished_at or recording.job.created_at
    events.text("gradclinic/job", moment, f"```\n{job_json(recording)}\n```")
    events.text("gradclinic/layers", moment, table(LAYERS, layer_rows(recording)))
    events.text("gradclinic/findings", moment, table(FINDINGS, finding_rows(recording)))


def _scalars(recording: Recording, max_points: int, events: EventFile) -> None:
    for series in recording.series():
        for block in blocks(recording, series, max_points):
            if series.scope == "curve":
                names = [f"{CURVES}/{series.metric}"]
            else:
                given = tags(block.layers)
                names = [f"{series.metric}/{given[layer]}" for layer in block.layers]
            _block(block, names, events)


def _block(block: Block, names: list[str], events: EventFile) -> None:
    bad = block.nonfinite
    whole = not bad.any()
    rows = zip(block.steps.tolist(), block.times.tolist(), block.values.tolist(), bad.tolist(), strict=True)
    for step, time, values, counts in rows:
        if whole:
            events.scalars(step, time, zip(names, values, strict=True))
            continue
        numbers = [(name, value) for name, value in zip(names, values, strict=True) if abs(value) < float("inf")]
        spoilt = [(f"{NONFINITE}/{name}", count) for name, count in zip(names, counts, strict=True) if count]
        events.scalars(step, time, numbers + spoilt)


def _histograms(recording: Recording, events: EventFile) -> None:
    given = tags(placed.name for placed in recording.placed)
    for found in histograms(recording):
        tag = given.get(found.layer, found.layer)
        rows = list(found.histogram.rows())
        if rows:
            # TensorBoard takes the lower edge of the first bin for that of the numbers: an empty one says where it is.
            limits = [rows[0][0], *(high for _, high, _ in rows)]
            counts = [0, *(count for _, _, count in rows)]
            events.histogram(found.step, found.seconds, f"{HISTOGRAMS}/{tag}", limits, counts)
        odd = {f"zeros/{HISTOGRAMS}/{tag}": found.histogram.zeros}
        odd[f"{NONFINITE}/{HISTOGRAMS}/{tag}"] = found.histogram.nonfinite
        events.scalars(found.step, found.seconds, [(name, count) for name, count in odd.items() if count])
