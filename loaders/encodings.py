"""Text of unknown encoding to the right characters, or a refusal; never mojibake."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

from geodata.errors import DataFileError

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NAMES = {
    "utf8": "UTF-8",
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "gbk": "GB18030",  # GB18030 holds all of GBK and GB2312, byte by byte
    "gb2312": "GB18030",
    "cp936": "GB18030",
    "936": "GB18030",
    "gb18030": "GB18030",
    "ansi 936": "GB18030",
    "65001": "UTF-8",
}


@dataclass(frozen=True)
class Decoded:
    """Text and the encoding it was written in."""

    text: str
    encoding: str


def decode(data: bytes, file: str, *, declared: str = "") -> Decoded:
    """
    Return the text of ``data``; a byte order mark is taken off.

    Tried in this order: the declared encoding; a byte order mark; UTF-8; UTF-16 without a mark
    (every other byte zero); GB18030, if the text then reads like Chinese; what
    charset-normalizer finds.

    Raises
    ------
    DataFileError
        If no encoding fits, the declared one does not, or the text has NUL characters.
    """
    decoded = _declared(data, file, declared) if declared else _marked(data) or _plain(data)
    if decoded is None:
        raise DataFileError(
            "{file}: the characters cannot be read; expected UTF-8, GB18030, GBK or UTF-16.",
            file=file,
        )
    if "\x00" in decoded.text:
        raise DataFileError(
            "{file}, line {line}: a NUL character; expected text.",
            file=file,
            line=decoded.text.count("\n", 0, decoded.text.index("\x00")) + 1,
        )
    return decoded


def standard_name(name: str) -> str:
    """Return our name of an encoding that a file or manifest names; "" if Python has none."""
    known = NAMES.get(name.strip().lower())
    if known:
        return known
    try:
        return codecs.lookup(name.strip()).name.upper()
    except LookupError:
        return ""


def _declared(data: bytes, file: str, declared: str) -> Decoded:
    name = standard_name(declared)
    if not name:
        raise DataFileError(
            "{file}: {encoding} is no known encoding; expected UTF-8, GB18030, GBK or UTF-16.",
            file=file,
            encoding=declared,
        )
    try:
        text = data.decode("utf-8-sig" if name == "UTF-8" else name)
    except UnicodeError as error:
        raise DataFileError(
            "{file}: not written in {encoding}, as the manifest says.", file=file, encoding=declared
        ) from error
    return Decoded(text.removeprefix("\ufeff"), name)


def _marked(data: bytes) -> Decoded | None:
    if data.startswith(codecs.BOM_UTF8):
        return _try(data[3:], "utf-8", "UTF-8")
    if data.startswith(UTF16):
        return _try(data, "utf-16", "UTF-16")
    return None


def _plain(data: bytes) -> Decoded | None:
    decoded = _try(data, "utf-8", "UTF-8")
    if decoded is not None and "\x00" not in decoded.text:
        return decoded
    wide = _unmarked_utf16(data)
    if wide is not None or decoded is not None:
        return wide or decoded
    chinese = _try(data, "gb18030", "GB18030")
    if chinese is not None and plausible_chinese(chinese.text):
        return chinese
    return _guessed(data)


def _try(data: bytes, codec: str, name: str) -> Decoded | None:
    try:
        return Decoded(data.decode(codec), name)
    except UnicodeError:
        return None


def _unmarked_utf16(data: bytes) -> Decoded | None:
    """Recognise UTF-16 by its zero bytes: separators and digits have one each."""
    head = data[:4096]
    if len(head) < 4 or len(data) % 2:
        return None
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if max(odd, even) < len(head) // 10 or min(odd, even) * 10 > max(odd, even):
        return None
    return _try(data, "utf-16-le" if odd > even else "utf-16-be", "UTF-16")


def plausible_chinese(text: str) -> bool:
    """
    Tell whether decoded text reads like Chinese rather than like another encoding's bytes.

    GB18030 accepts nearly any pair of high bytes, so Big5 or Latin text also "decodes". Real
    text is made of common characters (GB2312 level 1, written D7 F9 and below as bytes) and
    Chinese punctuation; private-use and rare characters tell of a wrong guess.
    """
    special = "".join(c for c in text if ord(c) > 127)[:20000]
    if not special:
        return True
    credit, position, raw = 0.0, 0, special.encode("gb18030")
    while position < len(raw):
        lead, trail = raw[position], raw[position + 1]
        if 0x30 <= trail <= 0x39:
            position += 4  # four-byte form: rare characters and other scripts
            continue
        if (0xB0 <= lead <= 0xD7 or lead in (0xA1, 0xA3)) and trail >= 0xA1:
            credit += 1.0
        elif 0xD8 <= lead <= 0xF7 and trail >= 0xA1:
            credit += 0.8  # GB2312 level 2: place names are full of these
        position += 2
    return credit >= 0.7 * len(special)


def _guessed(data: bytes) -> Decoded | None:
    """Ask charset-normalizer about what is neither Unicode nor Chinese of the mainland."""
    best = from_bytes(data[:200_000]).best()
    if best is None or best.encoding in ("ascii", "utf_8"):
        return None
    if best.chaos > 0.1 or best.coherence < 0.2:
        return None
    return _try(data, best.encoding, best.encoding.upper().replace("_", "-"))
