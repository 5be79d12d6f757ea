"""Figures -> the text that node_exporter's textfile collector reads (Prometheus' exposition format 0.0.4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One figure and what tells it from the others of its gauge."""

    value: float
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A name with all its figures; no two have the same labels, or the whole file is refused."""

    name: str
    help: str
    samples: Sequence[Sample]


def gauge(name: str, told: str, value: float) -> Gauge:
    """A gauge of one figure."""
    return Gauge(name=name, help=told, samples=(Sample(value=value, labels={}),))


def labelled(name: str, told: str, label: str, values: Mapping[str, float]) -> Gauge:
    """A gauge of a figure for each value of one label."""
    return Gauge(name=name, help=told, samples=[Sample(value=v, labels={label: key}) for key, v in values.items()])


def render(gauges: Iterable[Gauge]) -> str:
    """The file: a gauge without figures is left out."""
    return "".join(_rendered(each) for each in gauges if each.samples)


def _rendered(each: Gauge) -> str:
    head = f"# HELP {each.name} {_escaped(each.help)}\n# TYPE {each.name} gauge\n"
    return head + "".join(f"{each.name}{_labels(sample.labels)} {sample.value}\n" for sample in each.samples)


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join('{}="{}"'.format(name, _escaped(value).replace('"', r"\"")) for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")
