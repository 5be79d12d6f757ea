"""The form to sign up with, and what becomes of it: the same answer whatever is known of the address."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from digest.core import address
from digest.core.settings import Job
from digest.site import _choices, _form, _frequency, _limits
from digest.site._form import Fields
from digest.site._site import Site, shown, site_of, visitor_of
from digest.store import Store, consents, readers, subscribers
from digest.store.subscribers import Proof, Requested
from digest.words import Words

_SOONEST, _LATEST = timedelta(seconds=2), timedelta(hours=2)
"""After which a form may come back: nobody types faster, and no collected token is good for long."""
_TRAP = "website"
"""A field that nobody sees; programs fill in every one."""
_ASKED = (Requested.NEW, Requested.PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What somebody signs up for."""

    job: str
    email: str
    topics: tuple[str, ...]
    language: str


async def sign_up(request: Request) -> Response:
    """The form, the one page that search engines may show."""
    response = _form_page(request, {}, "")
    response.headers["x-robots-tag"] = "all"
    return response


async def subscribe(request: Request) -> Response:
    """Take the form: one page for whatever is known of its address, another only for what is wrong in the form."""
    site, form = site_of(request), await _form.fields(request)
    wish, now = _wish(site, form), site.now()
    if _form.first(form, _TRAP):
        return shown(request, "asked")
    consent = _consent(site, site.look.words(visitor_of(request).languages))
    # Whatever changed since the form was shown, what is kept as proof is what was read there.
    age = _form.age(site.key, _form.first(form, "shown"), now, consent)
    if isinstance(wish, _Wish) and (age is None or not _SOONEST <= age <= _LATEST):
        wish = "stale"
    if not isinstance(wish, _Wish):
        return _form_page(request, form, wish, HTTPStatus.BAD_REQUEST)
    proof = Proof(how="form", text=consent, prefix=consents.network(visitor_of(request).address))

    async def take() -> None:
        site.desk.later(lambda store: _request(site, store, wish, proof, now))

    # Answered before anything is looked up: neither the page nor its time says who is subscribed.
    response = shown(request, "asked")
    response.background = BackgroundTask(take)
    return response


def _public(site: Site) -> list[Job]:
    return [job for job in site.news.jobs.values() if job.public]


def _consent(site: Site, spoken: Words) -> str:
    """The words that a reader agrees to, as they are kept with the consent."""
    name, jobs = site.news.newsletter.name, _public(site)
    job = jobs[0] if len(jobs) == 1 else None
    often = _frequency.told(job, spoken) if job else ""
    if not job:
        asked = spoken.text("By signing up, you ask %(name)s to email you the newsletter you choose here.", name=name)
    elif not often:
        asked = spoken.text("By signing up, you ask %(name)s to email you %(title)s.", name=name, title=job.title)
    else:
        asked = spoken.text(
            "By signing up, you ask %(name)s to email you %(title)s, %(often)s.",
            name=name,
            title=job.title,
            often=often,
        )
    leaving = spoken.text("You can leave at any time, with one click in every mail.")
    return f"{asked} {leaving}"


def _wish(site: Site, form: Fields) -> _Wish | str:
    """What is wished, or the name of what is wrong with it."""
    job = site.news.jobs.get(_form.first(form, "job"))
    if job is None or not job.public:
        return "job"
    try:
        email = address.normalised(_form.first(form, "email"))
    except ValueError:
        return "letters" if _has_letters(_form.first(form, "email")) else "email"
    topics = _choices.ticked(site.news, job, form.get(f"topics-{job.name}", ()))
    if topics is None:
        return "topics"
    language = _choices.language(site.look, _form.first(form, "language"))
    return _Wish(job=job.name, email=email, topics=topics, language=language)


def _has_letters(email: str) -> bool:
    """Whether nothing is wrong with an address but letters that only SMTPUTF8 (RFC 6531) could mail to."""
    local, _, domain = unicodedata.normalize("NFC", email).rpartition("@")
    plain = "".join("x" if not char.isascii() and unicodedata.category(char)[0] in "LM" else char for char in local)
    try:
        address.normalised(f"{plain}@{domain}")
    except ValueError:
        return False
    return True


def _request(site: Site, store: Store, wish: _Wish, proof: Proof, now: datetime) -> None:
    """Let the subscription wait for its confirmation and have it asked for, within the limits."""
    if not _limits.may_ask(store, wish.email, proof.prefix, site.tag, now):
        return
    requested = subscribers.request(
        store,
        wish.job,
        wish.email,
        topics=wish.topics,
        language=wish.language,
        timezone="",
        proof=proof,
        now=now,
        tag=site.tag,
    )
    number = readers.number(store, wish.job, wish.email)
    if requested in _ASKED and number is not None:
        site.desk.errand(lambda: site.ask(wish.job, number))


def _form_page(request: Request, form: Fields, wrong: str, status: int = HTTPStatus.OK) -> Response:
    """The form, as it was filled in."""
    site = site_of(request)
    spoken = site.look.words(visitor_of(request).languages)
    public, consent = _public(site), _consent(site, spoken)
    chosen = _form.first(form, "job") or (public[0].name if public else "")
    jobs = [
        {
            "name": job.name,
            "title": job.title,
            "often": _frequency.told(job, spoken),
            "is_chosen": job.name == chosen,
            # Whose boxes were not shown has all of them ticked.
            "topics": _choices.topics(site.news, job, form.get(f"topics-{job.name}", ()) if form else job.topics),
        }
        for job in public
    ]
    return shown(
        request,
        "sign_up",
        status=status,
        jobs=jobs,
        email=_form.first(form, "email"),
        languages=_choices.languages(site.look, _form.first(form, "language") or spoken.language),
        consent=consent,
        trap=_TRAP,
        shown=_form.issued(site.key, site.now(), consent),
        wrong=wrong,
    )
