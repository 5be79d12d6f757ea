"""In the limited child: a picture's bytes -> the bytes of an answer; what is not foreseen here ends the process."""

import struct

from PIL import Image

from digest.core import child
from digest.pictures import _answer, _decode


def answer(data: bytes) -> bytes:
    """The two small JPEGs, or why there are none, packed."""
    return _answer.packed(_shrunk(data))


def _shrunk(data: bytes) -> _answer.Answer:
    try:
        return _decode.shrunk(data)
    except _decode.NoPictureError as error:
        return str(error)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return f"it has more than {_decode.MOST_PIXELS:,} pixels"
    except MemoryError:
        return "decoding it takes too much memory"
    except (OSError, EOFError, SyntaxError, ValueError, struct.error):
        return "it cannot be decoded: damaged, or no JPEG, PNG, WebP or GIF"


if __name__ == "__main__":
    child.serve(answer)
