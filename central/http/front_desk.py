"""What every errand's routes share: the store, the clock, the pages, the visitors and the state of the writer."""

from dataclasses import dataclass

from central.authority_office import AuthorityOffice
from central.database import Database
from central.http.attempts import Attempts
from central.http.passwords import Passwords
from central.http.visitors import Visitors
from central.ingest import IngestHealth
from central.live_feed import LiveFeed
from central.pages.rendering import Pages
from models.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDesk:
    """Handed to each file of routes; nothing in here is changed by a request but what the store holds."""

    database: Database
    clock: Clock
    pages: Pages
    visitors: Visitors
    passwords: Passwords
    attempts: Attempts
    live_feed: LiveFeed
    health: IngestHealth
    authority: AuthorityOffice | None = None
    """None where central was told of no authority."""
