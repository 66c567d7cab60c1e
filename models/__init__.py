"""The words, rules and wire that all programs share."""

VERSION = "0.1.0"
"""The version of the whole project, as hellos and packages carry it."""
