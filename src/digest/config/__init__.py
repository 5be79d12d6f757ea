"""A newsletter's TOML files -> settings; every mistake at once, with file, key, what was found and what is allowed."""

from pathlib import Path

from digest.config._reading import MAIN, Reading
from digest.core import defaults, plug
from digest.core.errors import ConfigError
from digest.core.settings import (
    UTC,
    Delivery,
    Editors,
    Feedback,
    Job,
    Keep,
    Limits,
    Newsletter,
    Settings,
    Site,
    Source,
    TopicRules,
)

_SECTIONS = ("newsletter", "delivery", "site", "feedback", "fetch", "editors", "keep", "sources")


def load(home: Path) -> Settings:
    """The settings of a newsletter's folder; ConfigError lists every mistake of every file."""
    reading = Reading(home, _names(home))
    main = reading.toml(MAIN)
    if main is None:
        main = dict.fromkeys(_SECTIONS)
    reading.unknown(MAIN, main, _SECTIONS)
    main = reading.meant(main, _SECTIONS)
    newsletter = reading.section(Newsletter, main, "newsletter")
    delivery = reading.section(Delivery, main, "delivery")
    site = reading.section(Site, main, "site")
    feedback = reading.section(Feedback, main, "feedback")
    limits = reading.section(Limits, main, "fetch")
    editors = reading.section(Editors, main, "editors")
    keep = reading.section(Keep, main, "keep")
    sources = tuple(reading.sources(main.get("sources", [])))
    rules = reading.folder(TopicRules, "topics", {})
    jobs = reading.folder(Job, "jobs", {"timezone": newsletter.timezone if newsletter else UTC})
    if site and not site.url:
        hosting = [name for name, job in jobs.items() if job.images == "host"]
        reading.mistakes += [f'jobs/{name}.toml: images: "host" needs [site] url in {MAIN}' for name in hosting]
    if reading.mistakes or not (newsletter and delivery and site and feedback and limits and editors and keep):
        raise ConfigError(reading.mistakes)
    return Settings(
        home=home,
        newsletter=newsletter,
        delivery=delivery,
        site=site,
        feedback=feedback,
        sources=sources,
        limits=limits,
        editors=editors,
        keep=keep,
        jobs=jobs,
        topics=rules,
    )


def _names(home: Path) -> dict[tuple[type, str], set[str]]:
    """What options may name."""
    topics = {path.stem for path in (home / "topics").glob("*.toml")}
    return {
        (Source, "kind"): {"", *plug.names("digest.gather")},
        (Source, "topics"): topics,
        (Job, "topics"): topics,
        (Job, "template"): _looks(home),
        (Job, "images"): {"embed", "host", "none"},
        (Job, "catch_up"): {"latest", "none"},
        (Delivery, "uncertain"): {"hold", "resend", "drop"},
        (Editors, "report"): {"trouble", "always", "never"},
        (Job, "not_in"): {path.stem for path in (home / "jobs").glob("*.toml")},
    }


def _looks(home: Path) -> set[str]:
    """The looks there are: templates whose name has no `_` in front."""
    files = [path.name for folder in defaults.template_folders(home) for path in folder.glob("[!_]*.mjml.j2")]
    return {name.removesuffix(".mjml.j2") for name in files}
