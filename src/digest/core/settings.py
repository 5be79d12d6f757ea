"""The files a user edits, as typed frozen values; the text under each option is its documentation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")
Review: TypeAlias = timedelta | Literal["hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """`[newsletter]` in digest.toml: who writes."""

    name: str
    """The name readers know, in the masthead and in every footer."""
    address: str
    """Postal address, in every footer; the law asks for it."""
    language: str = "en"
    """BCP 47 language tag of the mails and of the site, such as "de"."""
    timezone: ZoneInfo = UTC
    """IANA time zone of schedules and dates, such as "Europe/Berlin"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`[delivery]` in digest.toml: how mails leave."""

    to: str = "outbox:outbox"
    """Where mails go: "outbox:FOLDER" writes a Maildir below the newsletter's folder; "smtp://user@relay:587" (STARTTLS
    required) and "smtps://user@relay:465" hand them to a relay, the password in the environment variable
    DIGEST_SMTP_PASSWORD; "smtp+plain://127.0.0.1:1025" needs no TLS, on this machine only."""
    connections: int = 8
    """At most so many connections to a relay at once, 1 to 100."""
    rate: float | None = None
    """At most so many mails, such as "50/s" or "600/min"; all processes together; an outbox is never paced."""
    uncertain: str = "hold"
    """What becomes of a mail of which nobody can know whether the relay took it: "hold" never mails it again by itself,
    "resend" does and marks it, "drop" counts it as failed."""
    bounces: str = ""
    """Return path, where relays report what they could not deliver; each mail gets its own, with a tag after a "+" that
    names the recipient; default: the job's From, without a tag."""
    dkim: str = ""
    """Selector of the DKIM key to sign mails with (RFC 6376), such as "digest2026"; the RSA key is read from dkim.pem
    in the newsletter's folder (mode 0600) or the environment variable DIGEST_DKIM_KEY; default: the relay signs."""
    unsubscribe: str = ""
    """Address that readers write to in order to leave: the mailto of List-Unsubscribe; default: the job's From."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`[site]` in digest.toml: the readers' pages, which `digest serve` serves."""

    url: str = ""
    """Where readers reach them, such as "https://news.example.org"; all links in mails are built from it, never from a
    request; empty: no pages, readers leave by mail."""
    listen: str = "127.0.0.1:8080"
    """Address and port to serve at; TLS is the business of the proxy in front."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies whose X-Forwarded-For is believed, such as "127.0.0.1"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """`[feedback]` in digest.toml: mail that comes back."""

    mailbox: str = ""
    """Where it arrives: "imaps://user@mail.example.org/INBOX", the password in the environment variable
    DIGEST_IMAP_PASSWORD, or "maildir:FOLDER"; what `digest feedback read` and the daemon read."""
    check_every: timedelta = timedelta(minutes=15)
    """How often the daemon reads it."""


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
class Editors:
    """`[editors]` in digest.toml: who is told, and how a machine is."""

    to: tuple[str, ...] = ()
    """Addresses that get a mail for each edition under review, and reports."""
    report: str = "trouble"
    """When they get a report of a run: "trouble" (an edition was held, mails failed), "always" (whenever an edition was
    composed or sent) or "never"."""
    healthcheck: str = ""
    """http(s) address that is fetched after each run of `digest send` without a JOB or of the daemon, with `/fail` at
    its end after a failed one, as healthchecks.io and its kin understand it."""
    metrics: str = ""
    """File that is rewritten after each run with figures for node_exporter's textfile collector, relative to the
    newsletter's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """`[keep]` in digest.toml: how long `digest prune` keeps things; who got what is kept for ever."""

    articles: timedelta = timedelta(days=180)
    """Articles, counted from when they were last wanted: an edition that carried one keeps its titles."""
    bytes: timedelta = timedelta(days=90)
    """Frozen mails of finished editions, pictures that no article shows, and run files of processes that died."""


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
    catch_up: str = "latest"
    """What becomes of a slot that came while nothing ran: "latest" sends the newest missed one late, "none" does not if
    it is more than 15 minutes late."""
    review: Review = timedelta(0)
    """So long an edition waits for `digest editions hold` after the editors were told, such as "30m"; "hold": until
    `digest editions approve`."""
    intro: str = ""
    """A Markdown file above the stories, relative to the newsletter's folder."""
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
    """Pictures in the mail: "embed" carries them inside, "host" fetches them from [site], "none" leaves them out."""
    not_in: tuple[str, ...] = ()
    """Leave out what these other jobs carried."""
    to: tuple[str, ...] = ()
    """Addresses that become subscribers; one who left is never added again by this."""
    public: bool = True
    """Whether the site's form offers it to readers."""
    welcome: str = ""
    """A Markdown file mailed once to who confirmed a sign-up, relative to the newsletter's folder; none: no mail."""


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
    site: Site
    feedback: Feedback
    sources: tuple[Source, ...]
    limits: Limits
    editors: Editors
    keep: Keep
    jobs: Mapping[str, Job]
    topics: Mapping[str, TopicRules]

    @property
    def database(self) -> Path:
        """Where the database lies."""
        return self.home / "digest.db"
