"""What editions carried, by story."""

import json
from datetime import timedelta

from digest.core.mail import EditionState
from digest.store import Store, articles, carried, editions
from stored import NOW, article, issue

DAY = timedelta(days=1)


def sent(store: Store, day: int, content: dict[str, list[str]], job: str = "daily", state: str = "sent") -> str:
    """An edition of a day that told stories: story -> its articles, the lead first."""
    made = issue(job, f"2026-11-{10 + day}", NOW + day * DAY)
    assert editions.begin(store, made, "run")
    told = [{"id": ids[0], "story": name, "also": [{}] * (len(ids) - 1)} for name, ids in content.items()]
    document = json.dumps({"sections": [{"stories": told[:1]}, {"stories": told[1:]}]})
    with store.writing() as connection:
        carried.put(connection, made.id, document, [one for ids in content.values() for one in ids])
        connection.execute("UPDATE editions SET state = ? WHERE id = ?", (state, made.id))
    return made.id


def test_a_story_keeps_its_id_and_knows_the_first_and_the_last_edition(store: Store) -> None:
    articles.add(store, "key", [article(name) for name in "abcd"])
    first = sent(store, 0, {"a": ["a", "b"], "d": ["d"]})
    last = sent(store, 3, {"a": ["c"]})
    (story,) = carried.stories(store, "daily", (), NOW + DAY)
    assert (story.id, [each.id for each in story.articles], story.last) == ("a", ["a", "b", "c"], last)
    assert story.first is not None
    assert (story.first.edition, story.first.composed) == (first, NOW)
    assert story.carried == {"a": first, "b": first, "c": last}
    assert [each.id for each in carried.stories(store, "daily", (), NOW)] == ["a", "d"]
    assert carried.stories(store, "daily", (), NOW + 9 * DAY) == ()


def test_only_editions_whose_mails_leave_count_and_those_apart_do_not(store: Store) -> None:
    articles.add(store, "key", [article(name) for name in "abcde"])
    for day, state in enumerate(("sending", "partial", "stopped", "held")):
        sent(store, day, {"abcd"[day]: ["abcd"[day]]}, state=state)
    apart = sent(store, 5, {"e": ["e"]})
    assert [each.id for each in carried.stories(store, "daily", (), NOW, [apart])] == ["a", "b"]


def test_a_story_that_only_another_job_carried_has_no_first_edition(store: Store) -> None:
    articles.add(store, "key", [article(name) for name in "ab"])
    sent(store, 0, {"a": ["a"]}, job="flash")
    own = sent(store, 1, {"a": ["b"]})
    assert [each.id for each in carried.stories(store, "weekly", (), NOW)] == []
    (flash,) = carried.stories(store, "weekly", ["flash"], NOW)
    assert (flash.first, sorted(flash.carried)) == (None, ["a"])
    (both,) = carried.stories(store, "daily", ["flash"], NOW)
    assert both.first is not None
    assert both.first.edition == own


def test_what_older_editions_carried_stands_for_itself(store: Store) -> None:
    articles.add(store, "key", [article(name) for name in "ab"])
    made = issue()
    assert editions.begin(store, made, "run")
    with store.writing() as connection:
        carried.put(connection, made.id, "{}", ["a", "b"])
        connection.execute("UPDATE editions SET state = 'sent'")
    assert [each.id for each in carried.stories(store, "daily", (), NOW)] == ["a", "b"]


def test_articles_that_were_pruned_are_known_by_their_ids(store: Store) -> None:
    first = sent(store, 0, {"gone": ["gone"]})
    (story,) = carried.stories(store, "daily", (), NOW)
    assert (story.articles, story.carried, EditionState.SENT) == ((), {"gone": first}, "sent")
