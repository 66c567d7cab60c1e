"""The words, rules and wire that all programs share."""

from datetime import UTC, datetime

VERSION = "0.1.0"
"""The version of the whole project, as hellos and packages carry it."""

BUILT_AT = datetime(2026, 11, 1, tzinfo=UTC)
"""It is later than this: a box whose clock says otherwise is wrong. Raised with each release."""
