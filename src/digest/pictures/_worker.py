"""Frames of pictures on standard input -> frames of answers on standard output, under limits it sets itself."""

import resource
import struct
import sys
from math import ceil
from time import process_time

from PIL import Image

from digest.pictures import _decode, _frames

_LONGEST_FRAME = 1 << 30


def main(cpu_seconds: int, memory_bytes: int) -> None:
    """Answer until the input ends; what the decoder does not foresee ends the process, and its parent says so."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    for unused in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(unused, (0, 0))
    while True:
        try:
            data = _frames.read(sys.stdin.buffer, _LONGEST_FRAME)
        except EOFError:
            return
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (ceil(process_time()) + cpu_seconds, most))
        _frames.write(sys.stdout.buffer, _frames.packed(_answer(data)))


def _answer(data: bytes) -> _frames.Answer:
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
    main(int(sys.argv[1]), int(sys.argv[2]))
