"""Writes a picture as a PNG file."""

import struct
import zlib

from PIL import Image as Picture


def encode(page: Picture.Image, dpi: int) -> bytes:
    """A PNG file (RFC 2083) without row filters: for text a third of Pillow's time, and smaller."""
    stride = page.width * len(page.mode) + 1  # a row and a zero, which stands before the next one
    rows = b"\0" + page.tobytes("raw", page.mode, stride)[:-1]
    gray_or_rgb = 0 if page.mode == "L" else 2
    per_meter = round(dpi / 0.0254)
    header = struct.pack(">IIBBBBB", *page.size, 8, gray_or_rgb, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", header),
            (b"pHYs", struct.pack(">IIB", per_meter, per_meter, 1)),
            (b"IDAT", zlib.compress(rows, 2)),
            (b"IEND", b""),
        )
    )
