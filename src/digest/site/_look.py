"""A page's name and values -> HTML in the reader's language, and the style sheet in the colours of the topics."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.core import defaults
from digest.core.errors import TemplateError
from digest.core.palette import palette
from digest.core.settings import Settings
from digest.words import Words, languages, preferred, words

PAGES = ("sign_up", "asked", "confirm", "unsubscribe", "preferences", "error")
_FOLDER = "site"
_STYLE = "style.css"


class Look:
    """The templates of templates/site, the newsletter's own before the shipped ones."""

    def __init__(self, news: Settings) -> None:
        """TemplateError names file and line of a template that cannot be used."""
        self._news = news
        self._folders = tuple(folder / _FOLDER for folder in defaults.template_folders(news.home))
        self._words = tuple(folder.parent / "words" for folder in defaults.template_folders(news.home))
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(self._folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for page in PAGES:
            self._check(f"{page}.html.j2")
        self.style = f"{_read(self._folders)}\n{_colours(news)}".encode()
        self._style_address = f"/{_STYLE}?{sha256(self.style).hexdigest()[:12]}"

    def words(self, accepted: str, chosen: str = "") -> Words:
        """The words to speak to a reader: those of a chosen language, else the best by Accept-Language."""
        return words(chosen or preferred(accepted, self.languages()), self._words)

    def languages(self) -> tuple[str, ...]:
        """The languages there are words for, the newsletter's own first."""
        own = words(self._news.newsletter.language, self._words).language
        return tuple(dict.fromkeys((own, *languages(self._words))))

    def own_name(self, language: str) -> str:
        """A language as its speakers call it, such as `Deutsch`; its tag where its words do not tell."""
        # Words: the name of the language you translate into, in that language
        name = words(language, self._words).text("English")
        return name if name != "English" or language.startswith("en") else language

    def page(self, name: str, spoken: Words, **values: object) -> str:
        """The page as HTML; everything in `values` is escaped."""
        return self._environment.get_template(f"{name}.html.j2").render(
            newsletter=self._news.newsletter,
            words=spoken,
            style=self._style_address,
            _=spoken.text,
            ngettext=spoken.counted,
            **values,
        )

    def _check(self, name: str) -> None:
        try:
            self._environment.get_template(name)
        except TemplateSyntaxError as error:
            raise TemplateError(f"{error.filename or name}:{error.lineno}: {error.message}") from error
        except JinjaError as error:
            raise TemplateError(f"{name}: {error.message or 'no such template'}") from error


def _read(folders: Sequence[Path]) -> str:
    found = next((folder / _STYLE for folder in folders if (folder / _STYLE).is_file()), None)
    if found is None:
        raise TemplateError(f"{_STYLE}: no such file in {folders[0]}")
    return found.read_text(encoding="utf-8")


def _colours(news: Settings) -> str:
    """The topics' colours as rules: a page itself has no style, its policy forbids it."""
    offered = dict.fromkeys(topic for job in news.jobs.values() if job.public for topic in job.topics)
    names = [name for name in dict.fromkeys((*offered, *news.topics)) if name in news.topics]
    topics = {name: palette(news.topics[name].color) for name in names}
    rules = []
    for scheme in ("light", "dark"):
        shades = {name: getattr(colours, scheme) for name, colours in topics.items()}
        lines = [f".t-{name} {{ --ink: {found.ink}; --bar: {found.bar}; }}" for name, found in shades.items()]
        bars = [shades[name].bar for name in names if name in offered] or ["currentColor"]
        stops = [f"{bar} {n / len(bars):.2%} {(n + 1) / len(bars):.2%}" for n, bar in enumerate(bars)]
        lines.append(f":root {{ --dot: {bars[0]}; --stripe: linear-gradient(to right, {', '.join(stops)}); }}")
        inner = "\n".join(lines)
        rules.append(inner if scheme == "light" else f"@media (prefers-color-scheme: dark) {{\n{inner}\n}}")
    return "\n".join(rules)
