"""A reader's own page -> other topics, another language, a pause, the end of one subscription or of all."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.links import Page
from digest.site import _choices, _form
from digest.site._form import Fields
from digest.site._reader import reader, title
from digest.site._site import Site, shown, site_of, visitor_of
from digest.store import Store, consents, readers, subscribers, suppressions
from digest.store.readers import Subscription
from digest.store.subscribers import Proof

_PAUSES = {"week": timedelta(days=7), "month": timedelta(days=30)}
_LONGEST_PAUSE = timedelta(days=366)
_HOW = "preferences"


async def preferences(request: Request) -> Response:
    """GET: what is chosen; POST: what the pressed button says, then the same page."""
    site, found = site_of(request), await reader(request, Page.PREFERENCES)
    if request.method != "POST":
        return _page(request, found, {})
    form = await _form.fields(request)
    button = _form.first(form, "do")
    if button not in _ACTIONS:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    wrong = await site.desk.write(partial(_ACTIONS[button], request, found, form))
    after = await site.desk.read(lambda store: readers.subscription(store, found.number))
    return _page(request, after or found, form, wrong) if wrong else _page(request, after or found, {}, done=button)


def _save(request: Request, found: Subscription, form: Fields, store: Store) -> str:
    """Keep what is chosen; the name of what is wrong, empty for nothing."""
    site = site_of(request)
    job = site.news.jobs.get(found.job)
    topics = _choices.ticked(site.news, job, form.get("topics", ())) if job else found.topics
    if topics is None:
        return "topics"
    try:
        until = _pause(site, found, form)
    except ValueError:
        return "until"
    language = _choices.language(site.look, _form.first(form, "language")) or found.language
    subscribers.choose(
        store, found.job, found.email, topics=topics, language=language, paused_until=until, now=site.now()
    )
    return ""


def _leave(request: Request, found: Subscription, form: Fields, store: Store) -> str:
    """Leave this one."""
    del form
    subscribers.leave(store, found.job, found.email, site_of(request).now(), _HOW)
    return ""


def _leave_all(request: Request, found: Subscription, form: Fields, store: Store) -> str:
    """Leave every newsletter of ours, those to come as well: no list and no editor brings the address back."""
    del form
    site = site_of(request)
    subscribers.leave_all(store, found.email, site.now(), _HOW)
    suppressions.add(store, site.tag, [found.email], "unsubscribed", "left everything", site.now())
    return ""


def _again(request: Request, found: Subscription, form: Fields, store: Store) -> str:
    """Subscribe again: the link proves whose address it is."""
    del form
    site = site_of(request)
    spoken = site.look.words(visitor_of(request).languages, found.language)
    text = spoken.text("Send me %(title)s again", title=title(site, found.job))
    proof = Proof(how="form", text=text, prefix=consents.network(visitor_of(request).address))
    if found.state != "active":
        subscribers.request(
            store,
            found.job,
            found.email,
            topics=found.topics,
            language=found.language,
            timezone="",
            proof=proof,
            now=site.now(),
            tag=site.tag,
        )
        subscribers.confirm(store, found.job, found.email, site.now(), tag=site.tag)
    return ""


_ACTIONS = {"save": _save, "leave": _leave, "leave-all": _leave_all, "again": _again}


def _pause(site: Site, found: Subscription, form: Fields) -> datetime | None:
    """Until when nothing is to be sent, None for no pause; ValueError for a day that cannot be meant."""
    now, wish = site.now(), _form.first(form, "pause")
    if wish == "keep" and found.paused_until:
        return datetime.fromisoformat(found.paused_until)
    if wish in _PAUSES:
        day = (now + _PAUSES[wish]).astimezone(_zone(site, found)).date()
        return datetime.combine(day, time(), _zone(site, found))
    if wish != "until":
        return None
    until = datetime.combine(date.fromisoformat(_form.first(form, "until")), time(), _zone(site, found))
    if not now < until < now + _LONGEST_PAUSE:
        raise ValueError("allowed are days from tomorrow to a year from now")
    return until


def _zone(site: Site, found: Subscription) -> ZoneInfo:
    job = site.news.jobs.get(found.job)
    return job.timezone if job else site.news.newsletter.timezone


def _page(request: Request, found: Subscription, form: Fields, wrong: str = "", done: str = "") -> Response:
    site = site_of(request)
    job, zone, now = site.news.jobs.get(found.job), _zone(site, found), site.now()
    spoken = site.look.words(visitor_of(request).languages, found.language)
    until = datetime.fromisoformat(found.paused_until) if found.paused_until else datetime.min.replace(tzinfo=UTC)
    today = now.astimezone(zone).date()
    chosen = form.get("topics", ()) if form else found.topics or (job.topics if job else ())
    return shown(
        request,
        "preferences",
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
        language=found.language,
        title=title(site, found.job),
        email=found.email,
        state=found.state,
        topics=_choices.topics(site.news, job, chosen) if job else (),
        languages=_choices.languages(site.look, found.language or spoken.language),
        paused_until=spoken.date(until.astimezone(zone).date()) if until > now else "",
        earliest=(today + timedelta(days=1)).isoformat(),
        latest=(today + _LONGEST_PAUSE - timedelta(days=1)).isoformat(),
        until=_form.first(form, "until"),
        wrong=wrong,
        done=done,
    )
