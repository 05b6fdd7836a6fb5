"""Log text as inert HTML: colours are kept, everything else a terminal would obey is made visible.

Select Graphic Rendition sequences (ECMA-48 section 8.3.117) become classes; all other escape sequences are dropped, and
control characters are shown as their Unicode pictures.
"""

import re
from collections.abc import Iterator
from html import escape

from django.utils.safestring import SafeString, mark_safe

# CSI sequences, OSC and other strings up to their end, two-character escapes; a lone ESC is left for CONTROL below.
ESCAPE = re.compile(
    r"\x1b\[([0-?]*)[ -/]*([@-~])"
    r"|[\x1b](?:[\]PX^_])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]")
COLORS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
STYLES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 9: "strike"}
ENDED = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 29: ("strike",)}
EXTENDED = (38, 48, 58)
MOST_SEQUENCES = 200  # heeded in one line; each may cost a hundred bytes of markup for its three
Look = dict[str, str]


def to_html(text: str) -> SafeString:
    """``text`` escaped, with ``<span class="ansi-…">`` around what is coloured; always balanced.

    What stands behind MOST_SEQUENCES changes of colour has none.
    """
    parts = [span(piece, look) for piece, look in runs(text)]
    return mark_safe("".join(parts))  # noqa: S308 - every part went through escape


def runs(text: str) -> Iterator[tuple[str, Look]]:
    """The text in pieces of one look each, no two neighbours alike."""
    kept, kept_look = "", Look()
    for piece, look in pieces(text):
        if not piece:
            continue
        if look != kept_look:
            yield kept, kept_look
            kept, kept_look = "", look
        kept += piece
    yield kept, kept_look


def pieces(text: str) -> Iterator[tuple[str, Look]]:
    """The text between escape sequences, each piece with its look."""
    look, end, sequences = Look(), 0, 0
    for match in ESCAPE.finditer(text):
        yield text[end : match.start()], look
        end = match.end()
        if match[2] == "m":
            look = changed(look, match[1])
            sequences += 1
        if sequences > MOST_SEQUENCES:
            yield ESCAPE.sub("", text[end:]), Look()
            return
    yield text[end:], look


def span(text: str, look: Look) -> str:
    """A piece of text under a look."""
    if not text:
        return ""
    inert = escape(CONTROL.sub(picture, text))
    return f'<span class="{" ".join(look.values())}">{inert}</span>' if look else inert


def picture(match: re.Match[str]) -> str:
    """A control character as something to see: its Unicode picture, or its code for direction marks."""
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\u27e8U+{code:04X}\u27e9"


def changed(look: Look, codes: str) -> Look:
    """The look after the parameters of one sequence; colours beyond the sixteen basic ones become the nearest."""
    look = dict(look)
    numbers = [number for parameter in codes.split(";") for number in numbers_of(parameter)]
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            look = {}
        elif code in EXTENDED:
            # The colour of an underline (58) is not shown, but its parameters are no codes of their own.
            extended({} if code == 58 else look, "fg" if code == 38 else "bg", numbers)
        elif code in STYLES:
            look[STYLES[code]] = f"ansi-{STYLES[code]}"
        elif code in ENDED:
            for style in ENDED[code]:
                look.pop(style, None)
        elif code in (39, 49):
            look.pop("fg" if code == 39 else "bg", None)
        else:
            basic(look, code)
    return look


def numbers_of(parameter: str) -> list[int]:
    """The codes of one parameter, which may have parts of its own (``38:2::R:G:B``, ``4:3``: ISO/IEC 8613-6)."""
    parts = [int(part) if part.isdecimal() and len(part) < 5 else 0 for part in parameter.split(":")]
    if len(parts) > 1 and parts[0] not in EXTENDED:
        return [24] if parts[:2] == [4, 0] else parts[:1]
    if parts[1:2] == [2] and len(parts) > 5:
        return parts[:2] + parts[3:6]  # the third one names a colour space
    return parts


def basic(look: Look, code: int) -> None:
    """One of the sixteen basic colours, as foreground or background; other codes change nothing."""
    for first, place, prefix in ((30, "fg", ""), (90, "fg", "bright-"), (40, "bg", ""), (100, "bg", "bright-")):
        if first <= code < first + 8:
            look[place] = f"ansi-{'bg-' if place == 'bg' else ''}{prefix}{COLORS[code - first]}"


def extended(look: Look, place: str, numbers: list[int]) -> None:
    """A colour of 256 or of 24 bits; takes its parameters off ``numbers``."""
    if numbers[:1] == [5] and len(numbers) > 1:
        index = numbers[1]
        del numbers[:2]
        if index < 16:
            bright, color = divmod(index, 8)
            rgb = None
        else:
            bright, color, rgb = 0, 0, cube(index)
    elif numbers[:1] == [2] and len(numbers) > 3:
        rgb, bright, color = (numbers[1], numbers[2], numbers[3]), 0, 0
        del numbers[:4]
    else:
        numbers.clear()
        return
    if rgb:
        bright, color = nearest(rgb)
    look[place] = f"ansi-{'bg-' if place == 'bg' else ''}{'bright-' if bright else ''}{COLORS[color]}"


def cube(index: int) -> tuple[int, int, int]:
    """Red, green and blue (0 to 255) of an index from 16 to 255."""
    if index >= 232:
        grey = 8 + 10 * (min(index, 255) - 232)
        return grey, grey, grey
    index -= 16
    red, green, blue = (0 if part == 0 else 55 + 40 * part for part in (index // 36, index // 6 % 6, index % 6))
    return red, green, blue


def nearest(rgb: tuple[int, int, int]) -> tuple[int, int]:
    """Bright or not, and which of the eight colours, for red, green and blue."""
    highest = max(rgb)
    color = sum(1 << bit for bit, part in enumerate(rgb) if part > highest // 2)
    return int(highest > 191), color if highest > 47 else 0
