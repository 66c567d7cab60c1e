"""Exam profiles ("quy chế") as TOML: those that we bring, and those that an exam office writes.

Not here: what the rules mean (`models.exams`, `models.admission`).
"""

import re
import tomllib
from importlib.resources import files

import msgspec

from models.errors import BadInputError
from models.exams import ExamProfile
from models.face_profile import shipped_face_profile

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


class ExamProfileError(BadInputError):
    """The profile is not one: unknown name, broken TOML, a rule that is missing or not of its kind."""


def shipped_exam_profiles() -> tuple[str, ...]:
    """The names of the profiles that this version brings."""
    names = (entry.name for entry in files("models").joinpath("exam_profiles").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def shipped_exam_profile(name: str) -> ExamProfile:
    """The profile of that name. Raises `ExamProfileError`."""
    if not _NAME.fullmatch(name) or name not in shipped_exam_profiles():
        raise ExamProfileError(
            f"There is no such exam profile. This version brings: {', '.join(shipped_exam_profiles())}."
        )
    return read_exam_profile(files("models").joinpath("exam_profiles", f"{name}.toml").read_bytes())


def read_exam_profile(content: bytes) -> ExamProfile:
    """The profile in these TOML bytes; `faces` is a table of face rules or the name of a set that we bring.

    Raises `ExamProfileError`. Unknown rules are refused: a misspelt one would silently not hold.
    """
    try:
        rules = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ExamProfileError(f"The exam profile is not TOML in UTF-8: {error}") from error
    unknown = sorted(set(rules) - set(ExamProfile.__struct_fields__))
    if unknown:
        raise ExamProfileError(f"The exam profile has rules that nobody knows: {', '.join(unknown)}.")
    try:
        if isinstance(rules.get("faces"), str):
            rules["faces"] = msgspec.to_builtins(shipped_face_profile(rules["faces"]))
        profile = msgspec.convert(rules, ExamProfile)
        re.compile(profile.candidate_number_pattern)
    except (msgspec.ValidationError, re.error) as error:
        raise ExamProfileError(f"The exam profile has a rule that is not of its kind: {error}") from error
    except FileNotFoundError as error:
        raise ExamProfileError("The exam profile names face rules that this version does not bring.") from error
    return profile
