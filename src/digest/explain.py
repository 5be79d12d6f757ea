"""An article -> what became of it and why: topics, story, copies, corrections, its place in each job's editions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from digest import compose, corrections, issues, pipeline, selection
from digest.core.errors import UsageError
from digest.core.model import Article, TopicScore
from digest.core.settings import Job, Settings
from digest.corrections import Correction
from digest.store import Store, articles, editions
from digest.store import corrections as corrected_articles
from digest.understand import duplicates
from digest.understand.rank import rank
from digest.understand.stories import group
from digest.understand.topics import Classifier

_AMONG = 1_000
"""The story of an article is told among so many of the newest."""
_NEAR = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """How articles stand to each other, by article id."""

    topics: Mapping[str, Sequence[TopicScore]]
    stories: Mapping[str, tuple[Article, ...]]
    originals: Mapping[str, Article]
    corrections: Mapping[str, Correction]


def described(news: Settings, store: Store, found: Sequence[Article], now: datetime) -> list[dict[str, Any]]:
    """Articles as `articles list --json` says them (design 4); the order is kept."""
    context = _context(news, store, found, now)
    return [_described(article, context) for article in found]


def among(store: Store, article: Article) -> tuple[Article, ...]:
    """The article and those of the newest that are near in time: what its story is looked for in."""
    newest = articles.newest(store, _AMONG)
    return (article, *(a for a in newest if a.id != article.id and abs(a.date - article.date) < _NEAR))


def why(news: Settings, store: Store, article: Article, now: datetime) -> dict[str, Any]:
    """Everything that decided where one article stands, topics below their floor included."""
    context = _context(news, store, among(store, article), now)
    row = _described(article, context)
    own = corrected_articles.listed(store).get(article.id)
    decided = context.corrections.get(article.id)
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "topics": row["topics"],
        "fired": list(_fired(news, article)),
        "story": row["story"],
        "also": [
            {"id": other.id, "title": other.title, "source": other.source, "copy": other.id in context.originals}
            for other in context.stories.get(article.id, ())
            if other.id != article.id
        ],
        "duplicate_of": row["duplicate_of"],
        "corrections": {
            "topic": decided.topic or None if decided else None,
            "pinned": bool(decided and decided.pinned),
            "dropped": bool(decided and decided.dropped),
            "own": own is not None,
        },
        "editions": list(_places(news, store, article)),
        "next": [_next(news, store, job, article, now) for job in news.jobs.values()],
    }


def dropped(news: Settings, store: Store, article: Article, now: datetime) -> Article | None:
    """The article whose drop keeps this one out of every edition: itself, or another of its story."""
    known = {name for name, correction in corrected_articles.listed(store).items() if correction.dropped}
    if not known:
        return None
    story = _context(news, store, among(store, article), now).stories.get(article.id, ())
    return next((each for each in (article, *story) if each.id in known), None)


def _context(news: Settings, store: Store, found: Sequence[Article], now: datetime) -> _Context:
    """The steps of understanding but for the summaries, which are slow and not asked for."""
    topics = selection.classified(news, found)
    originals = {original.article.id: original for original in duplicates.fold(found)}
    events = group([original.article for original in originals.values()])
    outlets = {source.name: source for source in news.sources}
    ranked = rank([[originals[article.id] for article in event] for event in events], topics, outlets, now)
    return _Context(
        topics=topics,
        stories={article.id: (event.lead, *event.also) for event in ranked for article in (event.lead, *event.also)},
        originals={copy.id: original.article for original in originals.values() for copy in original.copies},
        corrections=selection.corrections_of(store, found, now),
    )


def _described(article: Article, context: _Context) -> dict[str, Any]:
    topics = context.topics[article.id]
    if correction := context.corrections.get(article.id):
        topics = corrections.retopiced(topics, correction)
    story, original = context.stories.get(article.id), context.originals.get(article.id)
    return {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "source": article.source,
        "published": article.published.isoformat() if article.published else None,
        "first_seen": article.first_seen.isoformat(),
        "topics": [
            {"name": found.topic, "score": round(found.score, 2), "reasons": list(found.reasons)} for found in topics
        ],
        "story": story[0].id if story else None,
        "duplicate_of": original.id if original else None,
    }


def _fired(news: Settings, article: Article) -> Iterator[dict[str, Any]]:
    """Each topic of which a phrase was found, as the machine saw it."""
    hints = {source.name: source.topics for source in news.sources}.get(article.source, ())
    classifier = Classifier(tuple(news.topics.values()))
    for found in classifier.fired(article.title, article.text or article.summary, hints):
        floor = news.topics[found.topic].floor
        yield {
            "name": found.topic,
            "score": found.score,
            "floor": floor,
            "passed": found.score >= floor,
            "reasons": list(found.reasons),
        }


def _places(news: Settings, store: Store, article: Article) -> Iterator[dict[str, Any]]:
    """Where the article stands in the newest edition of each job."""
    by_job: dict[str, list[editions.Record]] = {}
    for record in (known for known in editions.listed(store) if not known.is_letter):
        by_job.setdefault(record.job, []).append(record)
    outlet = articles.outlets(store).get(article.source)
    for job, records in by_job.items():
        *earlier, newest = records
        included, reason = _place(newest, earlier, article)
        if not reason:
            read = {source.key for source in issues.job_sources(news, news.jobs[job])} if job in news.jobs else {outlet}
            reason = _unseen(newest, article) if outlet in read else "not from one of the job's sources"
        yield {"job": job, "edition": newest.id, "state": newest.state, "included": included, "reason": reason}


def _place(record: editions.Record, earlier: Sequence[editions.Record], article: Article) -> tuple[bool, str]:
    """Whether the article is in an edition, and why; no reason when the edition does not know it."""
    if not record.content:
        return False, f"the edition is {record.state}: {record.detail or record.reason or 'nothing was composed'}"
    included, reason = _found(json.loads(record.content), article)
    return included, reason or _before(earlier, article)


def _next(news: Settings, store: Store, job: Job, article: Article, now: datetime) -> dict[str, Any]:
    """What the job's next edition would do with the article if it were composed now."""
    try:
        edition = pipeline.composed(news, store, job, issues.next_issue(store, job, now))
        read = {source.key for source in issues.job_sources(news, job)}
    except UsageError as error:
        return {"job": job.name, "included": False, "reason": str(error)}
    included, reason = _found(compose.document(edition, "", ""), article)
    if not reason:
        carried = [known for known in editions.listed(store) if known.job in {job.name, *job.not_in}]
        is_read = articles.outlets(store).get(article.source) in read
        other = "older than the job's window" if is_read else "not from one of the job's sources"
        reason = _before(carried, article) or other
    if included and (thin := issues.too_thin(job, len(edition.stories))):
        reason += f"; too thin to be sent: {thin}"
    return {"job": job.name, "included": included, "reason": reason}


def _before(earlier: Sequence[editions.Record], article: Article) -> str:
    """The newest of some editions that carried the article, in words; empty when none did."""
    contents = ((known.id, json.loads(known.content)) for known in reversed(earlier) if known.content)
    return next((f"already carried by {edition}" for edition, content in contents if _found(content, article)[0]), "")


def _unseen(record: editions.Record, article: Article) -> str:
    late = article.first_seen >= record.composed
    return "gathered after it was composed" if late else "older than the job's window, or carried by another job"


def _found(content: Mapping[str, Any], article: Article) -> tuple[bool, str]:
    """Whether an edition's content has the article, and why; no reason when it does not know it."""
    coverage = {"title": article.title, "url": article.url, "source": article.source}
    for section in content["sections"]:
        for place, story in enumerate(section["stories"], 1):
            if story["id"] == article.id:
                rank = f"rank {place} of {len(section['stories'])}, score {story['score']:g}"
                return True, f"leads a story of {section['title']}: {', '.join(story['reasons'])}; {rank}"
            if coverage in story["also"]:
                return True, f"other coverage of {story['title']!r} in {section['title']}"
    return False, next((str(left["reason"]) for left in content["left_out"] if left["id"] == article.id), "")
