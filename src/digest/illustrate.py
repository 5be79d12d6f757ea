"""An edition -> the pictures of its stories: each fetched once, made small in a limited child, and kept."""

from collections.abc import Mapping
from dataclasses import replace

from digest.core.mail import Picture
from digest.core.model import Edition
from digest.core.settings import Job, Settings
from digest.core.web import Request
from digest.fetch.door import open_door
from digest.fetch.limits import DEFAULT
from digest.pictures import INPUT_LIMIT, shrink
from digest.store import Store, pictures


def kept(store: Store, job: Job, edition: Edition) -> Mapping[str, Picture]:
    """Article id -> the picture of a story's lead, as far as it was fetched before and the job wants pictures."""
    return pictures.of(store, [story.lead.id for story in edition.stories]) if job.images != "none" else {}


def fetch(news: Settings, store: Store, job: Job, edition: Edition) -> None:
    """Fetch and keep the pictures that stories' leads name and that are not there; one that is unfit is left out."""
    if job.images == "none":
        return
    known = pictures.of(store, [story.lead.id for story in edition.stories])
    wanted: dict[str, list[str]] = {}
    for story in edition.stories:
        if story.lead.image and story.lead.id not in known:
            wanted.setdefault(story.lead.image, []).append(story.lead.id)
    door = open_door(news.limits, replace(DEFAULT, size=INPUT_LIMIT))
    answers = door(Request(url=url) for url in wanted)
    bodies = ((answer.request.url, answer.body) for answer in answers if not answer.error and answer.body)
    for url, picture in shrink(bodies):
        if isinstance(picture, Picture):
            for article in wanted[url]:
                pictures.add(store, article, picture)
