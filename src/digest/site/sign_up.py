"""The form to sign up with, and what becomes of it: the same answer whatever is known of the address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from digest.core import address
from digest.site import _choices, _form, _limits
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
    wish = _wish(site, form)
    if _form.first(form, _TRAP):
        return shown(request, "asked")
    now = site.now()
    age = _form.age(site.key, _form.first(form, "shown"), now)
    if isinstance(wish, _Wish) and (age is None or not _SOONEST <= age <= _LATEST):
        wish = "stale"
    if not isinstance(wish, _Wish):
        return _form_page(request, form, wish, HTTPStatus.BAD_REQUEST)
    spoken = site.look.words(visitor_of(request).languages)
    network = consents.network(visitor_of(request).address)
    proof = Proof(how="form", text=_consent(site, spoken), prefix=network)

    async def take() -> None:
        site.desk.later(lambda store: _request(site, store, wish, proof, now))

    # Answered before anything is looked up: neither the page nor its time says who is subscribed.
    response = shown(request, "asked")
    response.background = BackgroundTask(take)
    return response


def _consent(site: Site, spoken: Words) -> str:
    """The words that a reader agrees to, as they are kept with the consent."""
    return spoken.text(
        "%(name)s may send me the newsletter I chose by email, until I leave: one click in any mail is enough.",
        name=site.news.newsletter.name,
    )


def _wish(site: Site, form: Fields) -> _Wish | str:
    """What is wished, or the name of what is wrong with it."""
    job = site.news.jobs.get(_form.first(form, "job"))
    if job is None or not job.public:
        return "job"
    try:
        email = address.normalised(_form.first(form, "email"))
    except ValueError:
        return "email"
    topics = _choices.ticked(site.news, job, form.get(f"topics-{job.name}", ()))
    if topics is None:
        return "topics"
    language = _choices.language(site.look, _form.first(form, "language"))
    return _Wish(job=job.name, email=email, topics=topics, language=language)


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
    public = [job for job in site.news.jobs.values() if job.public]
    chosen = _form.first(form, "job") or (public[0].name if public else "")
    jobs = [
        {
            "name": job.name,
            "title": job.title,
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
        consent=_consent(site, spoken),
        trap=_TRAP,
        shown=_form.issued(site.key, site.now()),
        wrong=wrong,
    )
