"""What belongs to no reader: pictures of mails, the style sheet, whether all is well, what robots may read."""

import asyncio
import re
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from digest.site._headers import FOREVER
from digest.site._site import site_of
from digest.store import readers

_PICTURE = re.compile(r"([0-9a-f]{64})\.jpg")
_ROBOTS = "User-agent: *\nAllow: /$\nDisallow: /\n"
_PATIENCE = 5.0
_DAY = "public, max-age=86400"


async def picture(request: Request) -> Response:
    """A stored picture, which is what its name says for ever; mail programs show it, wherever they run."""
    name = _PICTURE.fullmatch(request.path_params["name"])
    data = await site_of(request).desk.read(lambda store: readers.picture(store, name[1])) if name else None
    if data is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    headers = {"cache-control": FOREVER, "cross-origin-resource-policy": "cross-origin"}
    return Response(data, media_type="image/jpeg", headers=headers)


async def style(request: Request) -> Response:
    """The style sheet; its address changes with it."""
    return Response(site_of(request).look.style, media_type="text/css", headers={"cache-control": FOREVER})


async def health(request: Request) -> Response:
    """Whether pages can be made, for a watchman: 200 or 503."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await site_of(request).desk.read(readers.answers)
    except Exception:  # noqa: BLE001  whatever it is, the watchman gets an answer
        return JSONResponse({"status": "unavailable"}, HTTPStatus.SERVICE_UNAVAILABLE)
    return JSONResponse({"status": "ok"})


async def robots(request: Request) -> Response:
    """Only the form is anybody's."""
    del request
    return PlainTextResponse(_ROBOTS, headers={"cache-control": _DAY})


async def favicon(request: Request) -> Response:
    """No picture, but browsers ask."""
    del request
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"cache-control": _DAY})
