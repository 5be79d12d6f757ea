"""The pictures of articles: the bytes of each stored once, whoever shows them."""

import json
from collections.abc import Collection

from digest.core.mail import Image, Picture
from digest.store._database import Store

_SELECT = """
SELECT article, large.hash, large.data, large.width, large.height, thumb.hash, thumb.data, thumb.width, thumb.height
FROM pictures JOIN images AS large ON large.hash = pictures.large JOIN images AS thumb ON thumb.hash = pictures.thumb
WHERE article IN (SELECT value FROM json_each(?))
"""


def add(store: Store, article_id: str, picture: Picture) -> None:
    """Keep an article's picture in place of an earlier one."""
    with store.writing() as connection:
        for image in (picture.large, picture.thumb):
            connection.execute(
                "INSERT OR IGNORE INTO images (hash, data, width, height) VALUES (?, ?, ?, ?)",
                (image.hash, image.data, image.width, image.height),
            )
        connection.execute(
            "INSERT INTO pictures (article, large, thumb) VALUES (?, ?, ?) "
            "ON CONFLICT (article) DO UPDATE SET large = excluded.large, thumb = excluded.thumb",
            (article_id, picture.large.hash, picture.thumb.hash),
        )


def of(store: Store, article_ids: Collection[str]) -> dict[str, Picture]:
    """Article id -> its picture, for those that have one."""
    return {
        article: Picture(large=_image(*values[:4]), thumb=_image(*values[4:]))
        for article, *values in store.rows(_SELECT, (json.dumps(list(article_ids)),))
    }


def _image(sha256: str, data: bytes, width: int, height: int) -> Image:
    return Image(hash=sha256, data=data, width=width, height=height)
