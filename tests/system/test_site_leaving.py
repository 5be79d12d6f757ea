"""Readers who leave by one click while an edition is on its way to ten thousand."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from digest.links import Page, link
from digest.store import connect
from site_pages import furnish
from support import Folder, Make
from system.site_server import Served, served

READERS, LEAVERS, AT_ONCE = 10_000, 3_000, 8
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def subscribed(site: Served, number: int) -> dict[str, str]:
    """So many active readers of the brief: address -> one-click path, in the order in which they are mailed."""
    with connect(site.news.database) as store, store.writing() as connection:
        rows = [(f"r{each}@example.org", "2026-01-01T00:00:00+00:00") for each in range(number)]
        connection.executemany(
            "INSERT INTO subscribers (job, address, email, name, state, source, created, changed) "
            "VALUES ('brief', ?1, ?1, '', 'active', 'import', ?2, ?2)",
            rows,
        )
        found = connection.execute("SELECT id, email FROM subscribers ORDER BY id").fetchall()
    return {row[1]: link("", site.key, Page.UNSUBSCRIBE, row[0], "brief", row[1]) for row in found}


def leave(site: Served, paths: dict[str, str]) -> dict[str, tuple[int, float]]:
    """Address -> the status of its one-click POST, and when it was answered."""
    answered = {}
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    for email, path in paths.items():
        connection.request("POST", path, "List-Unsubscribe=One-Click", FORM)
        answer = connection.getresponse()
        answer.read()
        answered[email] = (answer.status, time.time())
    connection.close()
    return answered


def written(folder: Folder) -> dict[str, float]:
    """Address -> when its mail came into the outbox."""
    found = {}
    for path in (folder.path / "outbox" / "new").iterdir():
        with path.open("rb") as mail:
            to = next(line for line in mail if line.startswith(b"To: "))
        found[to[4:].decode().strip()] = path.stat().st_ctime
    return found


def wait_for_mails(outbox: Path) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and not (outbox.is_dir() and any(outbox.iterdir())):
        time.sleep(0.02)


def test_at_most_the_mails_in_flight_follow_an_unsubscribe_and_none_is_refused(newsletter: Make) -> None:
    folder = furnish(newsletter(0))
    with served(folder) as site:
        paths = subscribed(site, READERS)
        send = folder.start("send", "brief")
        wait_for_mails(folder.path / "outbox" / "new")
        last = dict(list(paths.items())[-LEAVERS:])
        parts = [dict(list(last.items())[each::AT_ONCE]) for each in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            answered = {e: a for part in threads.map(lambda part: leave(site, part), parts) for e, a in part.items()}
        said, told = send.communicate(timeout=100)
    assert Counter(status for status, _ in answered.values()) == {200: LEAVERS}
    assert send.returncode == 0, said + told
    mails = written(folder)
    spared = [email for email in answered if email not in mails]
    assert spared, "everybody had his mail before he could leave"
    # The outbox is written by one hand: of all who left one mail at a time was in flight.
    followed = [email for email, (_, at) in answered.items() if mails.get(email, 0) > at]
    assert len(followed) <= 1, followed
    with connect(site.news.database) as store:
        states = Counter(row[0] for row in store.rows("SELECT state FROM sends"))
    assert states == {"sent": len(mails), "cancelled": len(spared)}
    assert len(mails) == READERS - len(spared)
