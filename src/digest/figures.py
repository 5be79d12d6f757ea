"""What the database knows after a run -> the file of figures that a machine reads."""

import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from digest.core.mail import SendState
from digest.core.settings import Settings
from digest.formats import metrics
from digest.store import Store, report, told


def write(news: Settings, store: Store, now: datetime, code: int) -> None:
    """Put the figures after a run that ended with this exit code into the file of `[editors] metrics`; OSError."""
    _replace(news.home / news.editors.metrics, metrics.render(_gauges(news, store, now, code)))


def _gauges(news: Settings, store: Store, now: datetime, code: int) -> Iterator[metrics.Gauge]:
    yield metrics.gauge("digest_last_run_timestamp_seconds", "When digest last ran.", int(now.timestamp()))
    yield metrics.gauge("digest_last_run_exit_code", "0 done, 1 failed, 3 done in part.", code)
    last = {job: found for job in news.jobs if (found := told.last_finished(store, job))}
    moments = {job: int(found.composed.timestamp()) for job, found in last.items()}
    name, what = "digest_edition_timestamp_seconds", "When the job's last finished edition was composed."
    yield metrics.labelled(name, what, "job", moments)
    counts = {job: report.counts(store, found.edition) for job, found in last.items()}
    recipients = {job: sum(found.values()) for job, found in counts.items()}
    yield metrics.labelled("digest_edition_recipients", "To how many it went.", "job", recipients)
    samples = [
        metrics.Sample(value=found.get(state, 0), labels={"job": job, "state": state.value})
        for job, found in counts.items()
        for state in SendState
    ]
    yield metrics.Gauge(name="digest_edition_mails", help="Its mails by their state.", samples=samples)
    yield metrics.labelled("digest_source_failures", "Failed checks in a row.", "source", _failures(news, store))
    yield metrics.gauge("digest_queue_length", "Mails that wait to be sent.", told.queue(store))
    yield metrics.gauge("digest_database_size_bytes", "Size of the database.", told.size(store))


def _failures(news: Settings, store: Store) -> Mapping[str, int]:
    """Source -> its failures in a row, the most where several have one name; what is behind a `?` may be a secret."""
    checks, found = told.checks(store), dict[str, int]()
    for source in news.sources:
        name = source.name or source.key.partition("?")[0]
        if source.key in checks:
            found[name] = max(found.get(name, 0), checks[source.key].failures)
    return found


def _replace(path: Path, content: str) -> None:
    """Put a file that others may read in place of the old one at once."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_text(content, encoding="utf-8", errors="replace")
        temporary.chmod(0o644)
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
