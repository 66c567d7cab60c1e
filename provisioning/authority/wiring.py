"""Puts the authority together from its settings. Not here: serving it (`http`), making its keys (`founding`)."""

from models.clock import Clock
from provisioning.authority.authority import Authority
from provisioning.authority.box_desk import ReleasePlan
from provisioning.authority.key_files import read_keys
from provisioning.authority.settings import Settings


def build_authority(settings: Settings, clock: Clock, releases: ReleasePlan | None = None) -> Authority:
    """The authority, not started yet. Raises SettingsError when a key is missing or readable by others."""
    return Authority(settings, read_keys(settings), clock, releases)
