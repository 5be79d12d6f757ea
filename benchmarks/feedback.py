"""Bounces understood and read per second, ours against flufl.bounce, on the mails of DIGEST_DATA/bounces, in one run.

A recipient is exact when the set of addresses is the one that is known; hard is what no mail will ever reach again,
which flufl.bounce calls permanent. Its time includes the standard library's parsing of the mail, as ours does our own.
"""

import csv
import email
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from flufl.bounce import all_failures

from digest import feedback

ROUNDS = 7
DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"

Reader = Callable[[bytes], tuple[frozenset[str], bool]]


def main() -> None:
    """Print one Markdown table."""
    folder = Path(os.environ.get("DIGEST_DATA", DEFAULT_DATA)) / "bounces"
    if not (folder / "truth.tsv").is_file():
        print(f"no bounces in {folder}")
        return
    with (folder / "truth.tsv").open(encoding="utf-8", newline="") as rows:
        known = [row for row in csv.DictReader(rows, delimiter="\t") if row["recipients"]]
    mails = [(folder / row["file"]).read_bytes() for row in known]
    readers: dict[str, Reader] = {"digest": ours, f"flufl.bounce {version('flufl.bounce')}": theirs}
    seconds = timed(readers, mails)
    print(f"{len(mails)} bounces whose recipients are known, median CPU time of {ROUNDS} alternating rounds\n")
    print("| reader | exact recipients | hard or not, of the exact | hard or not, of all | mails/s |")
    print("|---|---|---|---|---|")
    for name, reader in readers.items():
        print(f"| {name} | {' | '.join(judged(reader, known, mails))} | {len(mails) / seconds[name]:,.0f} |")


def timed(readers: Mapping[str, Reader], mails: Sequence[bytes]) -> dict[str, float]:
    """The median seconds each reader takes for all mails; the first round, which loads modules, does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(ROUNDS + 1):
        for name, reader in readers.items():
            begun = time.process_time()
            for mail in mails:
                reader(mail)
            seconds[name].append(time.process_time() - begun)
    return {name: statistics.median(times[1:]) for name, times in seconds.items()}


def judged(reader: Reader, known: Sequence[Mapping[str, str]], mails: Sequence[bytes]) -> tuple[str, str, str]:
    """The shares of exact recipients, and of right verdicts among those and among all."""
    exact = right = right_of_exact = 0
    for row, mail in zip(known, mails, strict=True):
        recipients, hard = reader(mail)
        is_exact = recipients == frozenset(row["recipients"].lower().split(","))
        is_right = hard == (row["hard"] == "1")
        exact += is_exact
        right += is_right
        right_of_exact += is_exact and is_right
    return f"{exact / len(mails):.1%}", f"{right_of_exact / max(exact, 1):.1%}", f"{right / len(mails):.1%}"


def ours(mail: bytes) -> tuple[frozenset[str], bool]:
    """Recipients, and whether it is hard."""
    notice = feedback.read(mail)
    return frozenset(notice.recipients), notice.kind is feedback.Kind.HARD


def theirs(mail: bytes) -> tuple[frozenset[str], bool]:
    """Recipients, and whether any failed for good."""
    temporary, permanent = all_failures(email.message_from_bytes(mail))
    found = (address.decode("utf-8", "replace").lower() for address in temporary | permanent)
    return frozenset(found), bool(permanent)


if __name__ == "__main__":
    main()
