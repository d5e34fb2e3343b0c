"""Text as TeX prints it as it stands."""

from __future__ import annotations

# What TeX reads as a command, and how to print it.
ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}

# What a table prints otherwise than `ESCAPES` does: first the characters that pdfTeX's own fonts lack.
SYMBOLS = {
    "\N{MINUS SIGN}": r"\ensuremath{-}",
    "\N{NARROW NO-BREAK SPACE}": r"\,",
    "\N{THIN SPACE}": r"\,",
    "\N{NO-BREAK SPACE}": "~",
    "\N{PLUS-MINUS SIGN}": r"\ensuremath{\pm}",
    "\N{MULTIPLICATION SIGN}": r"\ensuremath{\times}",
    "\N{LESS-THAN OR EQUAL TO}": r"\ensuremath{\le}",
    "\N{GREATER-THAN OR EQUAL TO}": r"\ensuremath{\ge}",
    "\N{ALMOST EQUAL TO}": r"\ensuremath{\approx}",
    "\N{GREEK SMALL LETTER TAU}": r"\ensuremath{\tau}",
    "\N{GREEK SMALL LETTER MU}": r"\ensuremath{\mu}",
    "\N{MICRO SIGN}": r"\ensuremath{\mu}",
    "\N{GREEK SMALL LETTER PI}": r"\ensuremath{\pi}",
    "\N{SUPERSCRIPT TWO}": r"\ensuremath{^2}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # TeX breaks a line at a hyphen but not at these, and an identifier is longer than a column.
    "_": r"\_\allowbreak{}",
    ":": r":\allowbreak{}",
    "/": r"/\allowbreak{}",
}


def escape(text: str) -> str:
    """Return *text* so that TeX prints it as it stands, on one line."""
    return "".join(ESCAPES.get(letter, letter) for letter in " ".join(text.split()))


def typeset(text: str) -> str:
    """Return *text* as :func:`escape` does, with the symbols that pdfTeX's own fonts lack."""
    # Split at ASCII blanks only: str.split would lose the no-break spaces.
    line = " ".join(part for part in text.replace("\n", " ").split(" ") if part)
    return "".join(SYMBOLS.get(letter) or ESCAPES.get(letter, letter) for letter in line)
