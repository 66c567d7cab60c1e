"""How country certificates are believed, as data: link certificates, revocation lists, deviating country codes.

One policy travels inside the signed bundle, so that box and centre judge alike. Not here: applying it (`trust_store`,
`issuer_checks`).
"""

import tomllib
from datetime import timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated

import msgspec

from models.chip.countries import document_code_of
from models.errors import BadInputError

_Code = Annotated[str, msgspec.Meta(pattern="^[A-Z]{1,3}$")]


class TrustPolicyError(BadInputError):
    """The policy is not one: broken TOML, or a rule that nobody knows. Correct the file that the message names."""


class LinkRule(StrEnum):
    """When a certificate that another country key signed (an old key for the new one) is an anchor."""

    CHAINED = "chained"
    """When an anchor of the same country that is installed beside it signed it."""
    LISTED = "listed"
    """Always: whoever installed it vouches for it."""
    NEVER = "never"


class RevocationRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`demand`: without a current list nobody's card is genuine. A list counts `grace_days` longer than it says."""

    demand: bool = False
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=3660)] = 7

    @property
    def grace(self) -> timedelta:
        """So long past its date a list still counts."""
        return timedelta(days=self.grace_days)


class TrustPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`revocation` holds where `countries` (three letters) says nothing else; `codes` gives the state that is meant."""

    links: LinkRule = LinkRule.CHAINED
    revocation: RevocationRule = RevocationRule()
    countries: dict[_Code, RevocationRule] = {}
    codes: dict[_Code, _Code] = {}

    def state(self, code: str) -> str:
        """The three letters of the state that a zone ("D<<") or a certificate ("de", "DEU") means by `code`."""
        letters = document_code_of(code.strip(" <"))
        return self.codes.get(letters, letters)

    def revocation_of(self, code: str) -> RevocationRule:
        """The rule for documents of this state."""
        return self.countries.get(self.state(code), self.revocation)


def parse_policy(content: bytes) -> TrustPolicy:
    """The policy in these TOML bytes. Raises `TrustPolicyError`."""
    try:
        return msgspec.convert(tomllib.loads(content.decode()), TrustPolicy)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TrustPolicyError(f"The policy is not TOML in UTF-8 ({error}).") from None
    except msgspec.ValidationError as error:
        raise TrustPolicyError(f"The policy has a rule that nobody knows, or not of its kind: {error}.") from None


@cache
def shipped_policy() -> TrustPolicy:
    """The one that this version brings."""
    return parse_policy(files("models.chip").joinpath("trust_policy.toml").read_bytes())
