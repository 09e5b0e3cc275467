"""The comparison of emails, logins and usernames, as Unleash compares them. Pure.

Unleash lower-cases an email when it writes it and finds a user at sign-on by the lower-cased email
(facts of the open-source server). Two values are equal here if and only if they are equal there:

- ``ADA@Example.com`` equals ``ada@example.com``.
- ``straße`` does not equal ``strasse``: lower-casing does not fold the sharp s.
- No Unicode normalization takes place: ``é`` as one code point (NFC) does not equal ``e`` with a
  combining accent (NFD).
- The dotted capital ``İ`` becomes ``i`` with a combining dot, and does not equal ``i``.
"""


def normalize_login(value: str | None) -> str | None:
    """Return the form in which Unleash compares a value; ``None`` for an absent or empty value."""
    return value.lower() if value else None


def is_same_login(one: str | None, other: str | None) -> bool | None:
    """Whether two values are one for Unleash; ``None``: at least one is absent or empty."""
    if not one or not other:
        return None
    # Most are spelled alike, and then no new text is needed.
    return one == other or one.lower() == other.lower()
