"""Writes a picture as a PNG file."""

import struct
import zlib

from PIL import Image as Picture


def encode(page: Picture.Image, pixels: bytes, dpi: int) -> bytes:
    """A PNG file (RFC 2083) without row filters: for text a third of Pillow's time, and smaller."""
    row = page.width * len(page.mode)
    rows = [pixels[start : start + row] for start in range(0, len(pixels), row)]
    gray_or_rgb = 0 if page.mode == "L" else 2
    per_meter = round(dpi / 0.0254)
    header = struct.pack(">IIBBBBB", *page.size, 8, gray_or_rgb, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", header),
            (b"pHYs", struct.pack(">IIB", per_meter, per_meter, 1)),
            (b"IDAT", zlib.compress(b"\0".join([b"", *rows]), 2)),
            (b"IEND", b""),
        )
    )
