"""PURE. Words compared as people mean them: without regard to case, blanks around, or how accents are encoded."""

import unicodedata


def folded(text: str) -> str:
    """Return a text in the form in which two that are meant alike are equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())
