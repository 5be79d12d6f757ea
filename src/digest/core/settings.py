"""The files a user edits, as typed frozen values; the text under each option is its documentation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """`[newsletter]` in digest.toml: who writes."""

    name: str
    """The name readers know, in the masthead and in every footer."""
    address: str
    """Postal address, in every footer; the law asks for it."""
    language: str = "en"
    """BCP 47 language tag of the mails."""
    timezone: ZoneInfo = UTC
    """IANA time zone of schedules and dates, such as "Europe/Berlin"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`[delivery]` in digest.toml: how mails leave."""

    to: str = "outbox:outbox"
    """Where mails go: "outbox:FOLDER" writes a Maildir below the newsletter's folder; "smtp://user@relay:587" (STARTTLS
    required) and "smtps://user@relay:465" hand them to a relay, the password in the environment variable
    DIGEST_SMTP_PASSWORD; "smtp+plain://127.0.0.1:1025" needs no TLS, on this machine only."""
    bounces: str = ""
    """Return path of every mail, where relays report what they could not deliver; default: the job's From."""
    unsubscribe: str = ""
    """Address that readers write to in order to leave: the mailto of List-Unsubscribe; default: the job's From."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`[[sources]]` in digest.toml: one outlet. Either `url` or `path`."""

    url: str = ""
    """http(s) address of a feed or of a web page."""
    path: str = ""
    """Local files, `*` allowed, relative to the newsletter's folder."""
    kind: str = ""
    """How to read it: "feed" (RSS, Atom, JSON), "page" (web) or "file" (scraped text); by its look when empty."""
    name: str = ""
    """The outlet's name; default: the feed's title, else the host, else the folder."""
    group: str = ""
    """Jobs may choose groups; a job that chooses nothing takes the sources without a group."""
    weight: float = 1.0
    """How much its stories count in the ranking, 0.5 to 1.5."""
    topics: tuple[str, ...] = ()
    """A hint what it writes about, not a verdict."""
    full_text: bool = False
    """Fetch the page behind each entry of a feed and take its text."""
    check_every: timedelta = timedelta(0)
    """Not fetched again sooner, such as "1h"; default: each time."""

    @property
    def key(self) -> str:
        """What identifies the source in the database: its URL or path as written."""
        return self.url or self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`[fetch]` in digest.toml: what may be fetched."""

    allow: tuple[str, ...] = ()
    """"host:port" that may be private (tests, intranets)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`jobs/NAME.toml`: one recurring digest."""

    name: str
    """The file's name; not a key of the file."""
    title: str
    """What readers see beside the newsletter's name."""
    sender: str
    """Key `from`: "Name <address>"."""
    subject: str = "{{ lead.title }}"
    """Jinja template of the subject line; sees `lead`, `edition`, `sections`, `job`, `newsletter`."""
    template: str = "brief"
    """The look: templates/NAME.mjml.j2 and templates/NAME.txt.j2."""
    schedule: str = ""
    """Cron text in `timezone`, such as "0 7 * * mon-fri"; none: a slot a day, by hand."""
    timezone: ZoneInfo = UTC
    """Default: the newsletter's."""
    topics: tuple[str, ...] = ()
    """Topics, and the order of the sections."""
    window: timedelta | None = timedelta(hours=36)
    """What counts as recent: since the last sent edition, at least this far back; "any": all unsent."""
    sources: tuple[str, ...] = ()
    """Names or groups of sources; empty: every source that has no group."""
    stories: int = 8
    """At most so many stories a section."""
    per_source: int = 3
    """At most so many stories a section led by one outlet, by its name."""
    minimum: int = 3
    """Fewer new stories: no edition, said and recorded."""
    images: str = "embed"
    """Pictures in the mail: "embed" carries them inside, "none" leaves them out."""
    not_in: tuple[str, ...] = ()
    """Leave out what these other jobs carried."""
    to: tuple[str, ...] = ()
    """Addresses that become subscribers; one who left is never added again by this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRules:
    """`topics/NAME.toml`: what a topic is."""

    id: str
    """The file's name; not a key of the file."""
    name: str
    """What readers see."""
    color: str
    """Hex colour, such as "#b4441b"; ink, tint and bar for light and dark are computed from it."""
    description: str = ""
    """One line for editors."""
    floor: float = 4.5
    """The least score that counts."""
    phrases: Mapping[str, float] = field(default_factory=dict)
    """Phrase = weight; case counts where a phrase has a capital; negative weights push away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A newsletter's folder, read and checked."""

    home: Path
    newsletter: Newsletter
    delivery: Delivery
    sources: tuple[Source, ...]
    limits: Limits
    jobs: Mapping[str, Job]
    topics: Mapping[str, TopicRules]

    @property
    def database(self) -> Path:
        """Where the database lies."""
        return self.home / "digest.db"
