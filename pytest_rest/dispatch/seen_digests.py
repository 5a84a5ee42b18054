"""Notes which digests were seen, in so little memory that a run of any length may have it."""

_BITS = 1 << 25


class SeenDigests:
    """Digests by one bit of four megabytes each, which some share.

    What was added is in it. With 400,000 in it, one in eighty of all others seems to be, too.
    """

    def __init__(self) -> None:
        self._bits = bytearray(_BITS >> 3)

    def __contains__(self, digest: str) -> bool:
        place = hash(digest) % _BITS
        return bool(self._bits[place >> 3] & 1 << (place & 7))

    def add(self, digest: str) -> bool:
        """Note it; whether it may have been noted before."""
        place = hash(digest) % _BITS
        byte, bit = place >> 3, 1 << (place & 7)
        is_there = bool(self._bits[byte] & bit)
        self._bits[byte] |= bit
        return is_there
