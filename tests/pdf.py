"""Writes small PDF files: pages of text, of a scan, of nothing, and files that cannot be read."""

import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path

A4 = (595, 842)
_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def write(
    path: Path,
    pages: Sequence[str | bytes],
    size: tuple[int, int] = A4,
    *,
    columns: int = 1,
    password: str = "",
) -> Path:
    """A PDF with these pages: lines of text, or the grey pixels of a scan, 100 x 140.

    With a password (PDF 32000-1, 7.6, revision 2) nothing but the key is encrypted: readers stop
    before they come to the text.
    """
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    kids = []
    for page in pages:
        resources = b"/Font << /F 3 0 R >>"
        if isinstance(page, str):
            content = _lines(page, size, columns)
        else:
            objects.append(_scan(page))
            resources += b" /XObject << /S %d 0 R >>" % len(objects)
            content = b"q %d 0 0 %d 0 0 cm /S Do Q" % size
        objects.append(b"<< /Length %d >> stream\n%s\nendstream" % (len(content), content))
        box = b"/MediaBox [0 0 %d %d] /Resources << %s >>" % (*size, resources)
        contents = b"/Contents %d 0 R" % len(objects)
        objects.append(b"<< /Type /Page /Parent 2 0 R %s %s >>" % (box, contents))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    trailer = b"/Root 1 0 R"
    if password:
        objects.append(_encryption(password.encode()))
        trailer += b" /Encrypt %d 0 R /ID [<00> <00>]" % len(objects)
    path.write_bytes(_file(objects, trailer))
    return path


def _lines(text: str, size: tuple[int, int], columns: int) -> bytes:
    lines = text.split("\n")
    each = -(-len(lines) // columns)
    content = []
    for column in range(columns):
        x = 60 + column * (size[0] - 60) // columns
        content.append(b"BT /F 11 Tf 15 TL %d %d Td" % (x, size[1] - 60))
        for line in lines[column * each : (column + 1) * each]:
            escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            content.append(b"(%s) Tj T*" % escaped.encode("latin-1"))
        content.append(b"ET")
    return b"\n".join(content)


def _scan(pixels: bytes) -> bytes:
    packed = zlib.compress(pixels)
    about = b"/Type /XObject /Subtype /Image /Width 100 /Height 140 /BitsPerComponent 8"
    about += b" /ColorSpace /DeviceGray /Filter /FlateDecode /Length %d" % len(packed)
    return b"<< %s >> stream\n%s\nendstream" % (about, packed)


def _encryption(password: bytes) -> bytes:
    """The dictionary of a file that opens with that password alone."""
    owner = _rc4(hashlib.md5((password + _PADDING)[:32]).digest()[:5], _PADDING)  # noqa: S324
    key = (password + _PADDING)[:32] + owner + (-4 & 0xFFFFFFFF).to_bytes(4, "little") + b"\0"
    user = _rc4(hashlib.md5(key).digest()[:5], _PADDING)  # noqa: S324
    about = (owner.hex().encode(), user.hex().encode())
    return b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % about


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = [*range(256)], 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def _file(objects: Sequence[bytes], trailer: bytes) -> bytes:
    content, places = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    about = b"trailer << /Size %d %s >>\nstartxref\n%d\n" % (len(objects) + 1, trailer, start)
    return bytes(content + about + b"%%EOF\n")
