"""What grows with the number of recipients and with the length of the ledger, and what does not: a Markdown table.

Planning is the transaction that freezes an edition; claiming is `ledger.exchange` in batches of 500, each settling the
batch before; the reports and `digest send`, from composing to the last mail into a sink in C, are processes.
"""

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import _newsletter
from _newsletter import JOB, Newsletter
from _sinks import fast_sink, spent
from digest import config
from digest.core import runfile, tokens
from digest.core.mail import EditionState, Result, SendState
from digest.core.model import Issue
from digest.mailroom import suppression_tag
from digest.recipients import message_id
from digest.store import Store, connect, editions, ledger, suppressions
from digest.store.audience import Audience, Values
from render import table

SIZES = (1_000, 10_000, 100_000, 1_000_000)
MOST_SENT = 100_000  # without --full
BESIDE = 100_000  # recipients of the edition beside a long ledger
OTHERS = 10_000_000
BATCH = 500
MOST_CLAIMS = 100_000
HEAD = (
    *("recipients", "other rows in the ledger", "plan s (1,000,000: at most 10)", "claims and settles/s"),
    *("`report --summary` s", "`report` s", "`digest send` mails/s", "its peak MB"),
)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="also send to 1,000,000, which is 80 GB over loopback")
    parser.add_argument("--others", type=int, default=OTHERS)
    asked = parser.parse_args()
    print(table((HEAD,)))
    for recipients in SIZES:
        with tempfile.TemporaryDirectory() as name:
            news = _newsletter.make(Path(name) / "news", recipients)
            sends = recipients <= MOST_SENT or asked.full
            show(recipients, 0, measured(news, 1), sent(news) if sends else ("", ""))
            if recipients == BESIDE:
                others = lengthened(news, asked.others)
                show(recipients, others, measured(news, 2), ("", ""))


def show(recipients: int, others: int, measures: tuple[str, ...], sending: tuple[str, ...]) -> None:
    """Print a row."""
    print(f"| {' | '.join((f'{recipients:,}', f'{others:,}', *measures, *sending))} |", flush=True)


def measured(news: Newsletter, number: int) -> tuple[str, ...]:
    """Plan, claim and report the edition of this number."""
    with connect(news.home / "digest.db") as store:
        edition, seconds = planned(news, store, number)
        rate = claimed(news, store, edition)
    reports = [spent(news.command("report", edition, *only)).seconds for only in (["--summary"], [])]
    return (f"{seconds:.2f}", f"{rate:,.0f}", *(f"{each:.2f}" for each in reports))


def planned(news: Newsletter, store: Store, number: int) -> tuple[str, float]:
    """An edition frozen for everybody, and the seconds of that transaction."""
    key, job, slot = tokens.load_key(news.home), config.load(news.home).jobs[JOB], f"2000-01-{number:02}"
    edition = editions.edition_id(JOB, slot)
    composed = datetime.now(UTC)
    issue = Issue(id=edition, job=JOB, slot=slot, revision=1, number=number, composed=composed)
    made = editions.Composition(
        waiting=editions.Waiting(state=EditionState.SENDING),
        detail="",
        subject="A subject",
        content="{}",
        unsubscribe="leave@example.org",
        return_path="bounces@news.example.org",
        bodies=(),
        audience=Audience(job=JOB),
        values=Values(variant=lambda _: "", message_id=lambda email: message_id(job, key, edition, email)),
        carried=(),
    )
    editions.begin(store, issue, "")
    begun = time.perf_counter()
    editions.freeze(store, edition, made)
    return edition, time.perf_counter() - begun


def claimed(news: Newsletter, store: Store, edition: str) -> float:
    """Mails a second that are claimed and settled, one address of the world being suppressed."""
    tag, done = suppression_tag(tokens.load_key(news.home)), 0
    suppressions.add(store, tag, ["nobody@mail.example.com"], "bounced", "", datetime.now(UTC))
    results: list[Result] = []
    with runfile.begin(runfile.folder(store.path)) as run:
        terms = ledger.Terms(run=run, tag=tag)
        begun = time.perf_counter()
        while done < MOST_CLAIMS:
            claims = ledger.exchange(store, edition, terms, results, BATCH, datetime.now(UTC)).claims
            if not claims:
                break
            done += len(claims)
            results = [Result(claim=c, state=SendState.SENT, code="250", reply="Ok: queued as 4ZkX1a") for c in claims]
        ledger.exchange(store, edition, terms, results, 0, datetime.now(UTC))
        rate = done / (time.perf_counter() - begun)
    ledger.finish(store, edition)
    return rate


def sent(news: Newsletter) -> tuple[str, ...]:
    """Mails a second and memory of the whole command, composing included."""
    with fast_sink(news.recipients) as port:
        news.set_out(f"smtp+plain://127.0.0.1:{port}")
        took = spent(news.command("send", JOB))
    return f"{news.recipients / took.seconds:,.0f}", f"{took.peak / 1e6:.0f}"


def lengthened(news: Newsletter, others: int) -> int:
    """The rows of the ledger, after editions of earlier days were added to it up to so many rows."""
    with connect(news.home / "digest.db") as store:
        columns = [row["name"] for row in store.rows("PRAGMA table_info(sends)")]
        known = [row["name"] for row in store.rows("PRAGMA table_info(editions)")]
        first = editions.edition_id(JOB, "2000-01-01")
        have = store.rows("SELECT count(*) FROM sends")[0][0]
        for number in range((others - have) // news.recipients):
            changed = {"edition": ":new", "id": ":new", "slot": ":new", "message_id": ":new || message_id"}
            named = {"first": first, "new": f"earlier-{number}"}
            with store.writing() as connection:
                for name, names, key in (("editions", known, "id"), ("sends", columns, "edition")):
                    values = ", ".join(changed.get(column, column) for column in names)
                    connection.execute(f"INSERT INTO {name} SELECT {values} FROM {name} WHERE {key} = :first", named)  # noqa: S608  our own names
        return int(store.rows("SELECT count(*) FROM sends")[0][0])


if __name__ == "__main__":
    main()
