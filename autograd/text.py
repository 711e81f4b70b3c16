"""Text that can be shown: control characters made visible, and numbers as people write them."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context
from typing import Final

UNSHOWABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
SUPERSCRIPTS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
PLAIN_EXPONENTS: Final = range(-4, 6)  # numbers between 0.0001 and a million need no power of ten


def escape_controls(text: str) -> str:
    """Return the text with control characters and lone surrogates as escapes, so that it is safe to print.

    >>> print(escape_controls("a\\x1b[31m"))
    a\\x1b[31m
    """
    return text if text.isprintable() else repr(text)[1:-1]


def show_controls(text: str, keep: str = "") -> str:
    """Return the text with a visible sign for each control character, and for all that XML or UTF-8 cannot hold.

    Unlike `escape_controls` it leaves spaces, directions and joiners alone, which a page or a picture shows as they
    are. The characters in `keep` stay too.

    >>> show_controls("a\\n\\0b\\ud800")
    'a␊␀b\\\\ud800'
    """
    return UNSHOWABLE.sub(lambda match: match[0] if match[0] in keep else control_sign(ord(match[0])), text)


def control_sign(code: int) -> str:
    """Return the sign for one control character, or its escape where Unicode has no sign for it."""
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"\\u{code:04x}"


def format_number(x: float, digits: int = 4) -> str:
    """Return a number as people write it, to so many significant digits; one less where it needs a power of ten.

    Pictures and pages share this form: the player's `notation.js` writes it too.

    >>> format_number(-7.97999), format_number(3.0), format_number(1.25e-9), format_number(float("-inf"))
    ('−7.98', '3', '1.25×10⁻⁹', '−∞')
    """
    if math.isnan(x):
        return "NaN"
    sign = "−" if x < 0.0 else ""
    if math.isinf(x):
        return f"{sign}∞"
    rounded = round_half_up(abs(x), digits)
    if x == 0.0 or int(rounded.partition("e")[2]) in PLAIN_EXPONENTS:
        return sign + trim_zeros(f"{float(rounded):.{digits + 3}f}")
    mantissa, _, exponent = round_half_up(abs(x), digits - 1).partition("e")
    return f"{sign}{trim_zeros(mantissa)}×10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def round_half_up(x: float, digits: int) -> str:
    """Round to so many significant digits, ties away from zero as JavaScript does, in scientific notation."""
    return f"{Context(digits, ROUND_HALF_UP).create_decimal(x):.{digits - 1}e}"


def trim_zeros(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
