"""Senders killed at random moments, by relays that fail in eleven ways: nobody is mailed twice, nobody is forgotten."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from support import Folder, Make
from system.killer import CONNECTIONS, Cell, Kill, Log, deliver_to, finish, kill_senders, read_log, relay

LOST = "no mail"
_MOST_UNANSWERED = 3
"""So often without an answer, a mail is given up though nobody refused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """What the relay and the kills did to one recipient's mail, how often."""

    accepted: int
    refused: int
    unanswered: int
    """In flight when its sender was killed, or left without an answer by the relay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a cell: figures, and what must not be."""

    kills: int
    mails: int
    lost: int
    repeated: int
    unknown: int
    """Mails that were uncertain at some time: they still are, or were sent again because of it."""
    silent: int
    """Mails that the relay left without an answer."""
    in_flight: Sequence[int]
    """How many mails each kill left unknown, beside those."""
    wrong: Sequence[str]


def cells(recipients: int, kills: int, greylisting: Sequence[bool], seed: int) -> Iterator[Cell]:
    """The whole matrix."""
    combinations = product((False, True), ("hold", "resend"), (1, 3), (True, False), greylisting)
    for number, (faults, policy, senders, pipelining, greylist) in enumerate(combinations):
        yield Cell(
            faults=faults,
            policy=policy,
            senders=senders,
            pipelining=pipelining,
            greylist=greylist,
            recipients=recipients,
            kills=kills,
            seed=seed + number,
        )


def endure(folder: Folder, cell: Cell) -> Outcome:
    """What becomes of an edition whose senders are killed so often, and started again until it is finished."""
    path = folder.path.with_suffix(".log")
    with relay(cell.temper, path) as port:
        deliver_to(folder, port, cell.policy)
        kills = kill_senders(folder, cell, path)
        finish(folder, cell.senders)
    return judge(folder.json("report"), read_log(path), cell.policy, kills)


def judge(report: dict[str, Any], log: Log, policy: str, kills: Sequence[Kill]) -> Outcome:
    """Hold the report against the relay's log."""
    rows = {(row["message_id"], row["email"]): row for row in report["rows"]}
    unanswered = log.silent + Counter(email for kill in kills for email in kill.in_flight)
    wrong = [f"{who} is not in the report" for who in log.accepted.keys() - rows.keys()]
    wrong += [f"a kill left {kill.in_flight}" for kill in kills if kill.open > CONNECTIONS]
    for who, row in rows.items():
        tries = Tries(accepted=log.accepted[who], refused=log.refused[who[1]], unanswered=unanswered[who[1]])
        wrong += [f"{fault}: {row}, {tries}" for fault in faults(row, tries, policy)]
    if report["counts"] != Counter(row["state"] for row in report["rows"]) or report["recipients"] != len(rows):
        wrong.append(f"the counts do not add up: {report['counts']}")
    return Outcome(
        kills=len(kills),
        mails=len(rows),
        lost=sum(fault.startswith(LOST) for fault in wrong),
        repeated=sum(count - 1 for count in log.accepted.values()),
        unknown=sum(row["state"] == "uncertain" or row["maybe"] for row in rows.values()),
        silent=log.silent.total(),
        in_flight=[kill.open for kill in kills],
        wrong=wrong,
    )


def faults(row: dict[str, Any], tries: Tries, policy: str) -> Iterator[str]:
    """What is wrong with a recipient's row."""
    state, maybe = row["state"], row["maybe"]
    given_up = state == "failed" and maybe and tries.unanswered >= _MOST_UNANSWERED
    told = state in {"deferred", "uncertain"} or (state == "failed" and tries.refused) or given_up
    if not tries.accepted and not told:
        yield f"{LOST}, and the report does not say why"
    if state in {"queued", "sending", "deferred"}:
        yield "never finished"
    if state == "sent" and not tries.accepted:
        yield "said to be sent"
    if state == "failed" and not tries.refused and not given_up:
        yield "said to have failed, and nobody refused it"
    if tries.accepted and state not in {"sent", "uncertain"} and not maybe:
        yield "taken, and the report does not say so"
    if (state == "uncertain" or maybe) and not tries.unanswered:
        yield "unknown, and neither in flight nor unanswered"
    if tries.accepted > 1 and (policy == "hold" or not maybe):
        yield "mailed twice"
    if tries.accepted > tries.unanswered + 1 or (policy == "hold" and maybe):
        yield "sent again without need"


def check(outcome: Outcome, cell: Cell) -> None:
    """The promise."""
    assert outcome.wrong == []
    assert outcome.lost == 0
    assert outcome.mails == cell.recipients
    assert cell.policy == "resend" or outcome.repeated == 0
    assert outcome.kills > 0


_PLAIN = cells(recipients=500, kills=3, greylisting=[False], seed=41)
_GREYLISTED = cells(recipients=500, kills=3, greylisting=[True], seed=71)


@pytest.mark.parametrize(
    "cell", [*_PLAIN, *(cell for cell in _GREYLISTED if cell.senders == 1 and cell.faults and cell.pipelining)], ids=str
)
def test_kills_at_random_moments_lose_nothing_and_repeat_nothing_unsaid(
    newsletter: Make, cell: Cell, record_property: Callable[[str, object], None]
) -> None:
    outcome = endure(newsletter(recipients=cell.recipients), cell)
    record_property("outcome", repr(outcome))
    check(outcome, cell)
