"""Today's stories and those that earlier editions told -> what is new, what is an update, and what is no news.

A story that readers know comes back only with real news. An article brings facts: numbers and names in its title and
in the first 60 words of its text that nothing told of the story has, and words of its title that say how things turned
out, such as "acquitted". A number in the title where a title told another counts twice, and a text that begins with
mostly new words has one fact or two more. An article is news from two facts on, and so are articles of two outlets with
a fact each. A copy of what was told, and an article published before the newest that was told, must have its facts in
the title: background that comes late is no news.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.core.model import Article, LeftOut, Story, Told
from digest.understand import _facts
from digest.understand._likeness import Likeness
from digest.understand.duplicates import fold

NEWS = 2
"""So many facts make an article news."""
SAME, SAME_LATER = 0.26, 0.3
"""The likeness from which an article tells of a story that was told, and of one of which nothing came for 72 hours.

What happens every week reads alike every week. Measured in three written fortnights: 0.30 to 0.83 where a story went
on (one of 46 had 0.20), 0.28 to 0.35 where a firm did something else or a column came back, below 0.18 elsewhere.
"""
UPDATE = 0.8
"""What is left of an update's score: what readers know gives way to what they do not."""
SHOWN = 3
"""So many new facts stand in an update's reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Stories that are worth telling, best first, and the articles that are not."""

    stories: tuple[Story, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """What is new in a story that was told."""

    articles: tuple[Article, ...]
    facts: tuple[str, ...]


def sift(
    stories: Sequence[Story],
    told: Sequence[Told],
    summarise: Callable[[Article], str],
    pinned: frozenset[str] = frozenset(),
) -> Sifted:
    """Stories, pinned ones and then the best first, but for those of which readers know all; updates say of what.

    `summarise` is for updates led by another article than before; an article that editors `pinned` is always news.
    """
    running: defaultdict[str, list[Story]] = defaultdict(list)
    kept: list[Story] = []
    # Only what has a topic is ever told; the rest need not be compared.
    compared = [story for story in stories if story.topics and told]
    likeness = Likeness([_coverage(story) for story in compared], told)
    for story in stories:
        known = likeness.told(_coverage(story), SAME, SAME_LATER) if story.topics and told else ""
        if known:
            running[known].append(story)
        else:
            kept.append(replace(story, id=story.lead.id))
    left_out: list[LeftOut] = []
    leads = {story.lead.id for story in stories}
    for before in told:
        if before.id in running:
            update, left = _update(running[before.id], before, pinned)
            left_out += left
            if update:
                kept.append(update if update.lead.id in leads else replace(update, summary=summarise(update.lead)))
    places = {article.id: place for place, story in enumerate(stories) for article in _coverage(story)}
    kept.sort(key=lambda s: (pinned.isdisjoint(a.id for a in _coverage(s)), -s.score, places[s.lead.id]))
    return Sifted(stories=tuple(kept), left_out=tuple(left_out))


def _coverage(story: Story) -> tuple[Article, ...]:
    return (story.lead, *story.also)


def _update(stories: Sequence[Story], before: Told, pinned: frozenset[str]) -> tuple[Story | None, list[LeftOut]]:
    """All that came of one story as one update, or why it is none, and what of it is not shown."""
    found = [article for story in stories for article in _coverage(story)]
    copied = _copied(found, before)
    left_out = [
        LeftOut(id=article.id, title=article.title, reason=f"a copy of what {copied[article.id]} carried")
        for article in found
        if article.id in copied
    ]
    news = _news(found, copied, before, pinned)
    if not news.articles:
        rest = [article for article in found if article.id not in copied]
        reason = f"no news since {before.last} told this story"
        return None, left_out + [LeftOut(id=article.id, title=article.title, reason=reason) for article in rest]
    lead = news.articles[0]
    shown = {article.id for article in news.articles}
    base = next(story for story in stories if lead in _coverage(story))
    also = tuple(a for a in found if a is not lead and (a.id not in copied or a.id in shown))
    count = f"{len(news.facts)} new fact{'s' * (len(news.facts) != 1)}"
    told = f"{count} ({', '.join(news.facts[:SHOWN])})" if news.facts else "much that was not said before"
    update = replace(
        base,
        lead=lead,
        also=also,
        score=round(base.score * UPDATE, 4),
        reasons=(f"update: {told}", *base.reasons),
        id=before.id,
        update_of=before.first,
    )
    return update, [left for left in left_out if left.id not in shown]


def _copied(found: Sequence[Article], before: Told) -> Mapping[str, str]:
    """Id of each copy of what was told -> the edition that carried it."""
    copies: dict[str, str] = {}
    for original in fold([*found, *before.articles]):
        group = (original.article, *original.copies)
        carried = [before.carried[article.id] for article in group if article.id in before.carried]
        copies |= {article.id: carried[-1] for article in group if carried and article.id not in before.carried}
    return copies


def _news(found: Sequence[Article], copied: Collection[str], before: Told, pinned: frozenset[str]) -> _News:
    known = _facts.known(before.articles)
    proper = _facts.names([*found, *before.articles], {article.source for article in (*found, *before.articles)})
    newest = max(article.date for article in before.articles)
    facts = {article.id: _facts.added(article, known, proper) for article in found}
    whole: list[Article] = []
    part: list[Article] = []
    for article in found:
        is_background = article.id in copied or article.date < newest
        weight = facts[article.id].title_weight if is_background else facts[article.id].weight
        if weight >= NEWS or article.id in pinned:
            whole.append(article)
        elif weight and not is_background:
            part.append(article)
    if not whole and len({article.source for article in part}) < NEWS:
        part = []
    news = whole or part
    named = [fact for article in news for fact in (*facts[article.id].title, *facts[article.id].lead)]
    return _News(articles=tuple(news), facts=tuple(dict.fromkeys(named)))
