"""A mail with embedded pictures, read back by the standard library's own parser."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from digest.core.mail import Image, Rendered
from digest.message import HEADER_NAMES, Headers, Recipient, Template, freeze, reader

MARK = "0f1e2d3c4b5a6978"
HEADERS = Headers(
    edition="daily-2026-11-23T0700",
    sender="Meridian <brief@news.example.org>",
    date=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
    list_id="<daily.news.example.org>",
)
ANN = Recipient(email="ann@example.org", message_id="<x@example.org>", unsubscribe="mailto:leave@example.org")
BOB = Recipient(email="bob@example.org", message_id="<y@example.org>", unsubscribe="mailto:leave@example.org")


def image(data: bytes) -> Image:
    return Image(hash=sha256(data).hexdigest(), data=data, width=584, height=389)


def shown(*images: Image) -> Rendered:
    page = "".join(f'<img src="cid:{image.content_id}" width="584" alt="">\n' for image in images)
    return Rendered(
        subject="A plant opens", preheader="", html=f"{page}{reader(MARK).email}\n", text="text\n", pictures=images
    )


def mail(made: Rendered, recipient: Recipient = ANN) -> bytes:
    return b"".join(Template(freeze(made, HEADERS, MARK)).mail(recipient))


def parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return message


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5, unique=True))
def test_pictures_come_back_as_they_were_and_every_reference_has_its_part(files: list[bytes]) -> None:
    images = [image(data) for data in files]
    data = mail(shown(*images))
    message = parsed(data)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "multipart/related"]
    _, related = message.iter_parts()
    assert isinstance(related, EmailMessage)
    page, *parts = related.iter_parts()
    assert page.get_content_type() == "text/html"
    assert [part.get_content() for part in parts] == files
    assert {part.get_content_type() for part in parts} == {"image/jpeg"}
    html = page.get_content()
    assert [f"<{name}>" for name in re.findall(r'src="cid:([^"]+)"', html)] == [part["Content-ID"] for part in parts]
    assert data.isascii()
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", data)
    assert max(map(len, data.split(b"\r\n\r\n", 1)[1].split(b"\r\n"))) <= 76


def test_a_picture_is_shown_inline_under_a_name_of_its_own() -> None:
    picture = image(b"\xff\xd8 one")
    (part,) = (part for part in parsed(mail(shown(picture))).walk() if part.get_content_maintype() == "image")
    assert part["Content-ID"] == f"<{picture.hash[:16]}@digest>"
    assert (part.get_content_disposition(), part.get_filename()) == ("inline", f"{picture.hash[:16]}.jpg")
    assert part["Content-Transfer-Encoding"] == "base64"


def test_the_header_is_that_of_a_mail_without_pictures() -> None:
    without, with_one = (parsed(mail(made)) for made in (shown(), shown(image(b"x"))))
    assert tuple(with_one.keys()) == HEADER_NAMES
    assert dict(without) == dict(with_one)
    assert [part.get_content_type() for part in without.iter_parts()] == ["text/plain", "text/html"]


def test_each_multipart_ends_where_it_should() -> None:
    data = mail(shown(image(b"x")))
    outer, inner = re.findall(rb'boundary="([^"]+)"', data)
    assert outer != inner
    places = [data.index(line) for line in (b"--" + outer + b"\r\n", b"--" + inner + b"\r\n")]
    ends = [data.index(line) for line in (b"--" + inner + b"--\r\n", b"--" + outer + b"--\r\n")]
    assert places + ends == sorted(places + ends)
    assert data.endswith(b"--" + outer + b"--\r\n")


def test_a_retry_with_pictures_is_byte_identical() -> None:
    assert mail(shown(image(b"x"))) == mail(shown(image(b"x")))


def test_recipients_share_the_pictures_bytes() -> None:
    template = Template(freeze(shown(image(b"\xff" * 80_000)), HEADERS, MARK))
    ann, bob = template.mail(ANN), template.mail(BOB)
    shared = [chunk for chunk, other in zip(ann, bob, strict=True) if chunk is other]
    assert max(map(len, shared)) > 100_000
    assert b"".join(ann) != b"".join(bob)
