"""What every errand's routes share: the store, the clock, the pages, the visitors and the state of the writer."""

from dataclasses import dataclass, field

from central.authority_office import AuthorityOffice
from central.authority_post import AuthorityHealth
from central.command_post import CommandPost
from central.database import Database
from central.http.attempts import Attempts
from central.http.passwords import Passwords
from central.http.visitors import Visitors
from central.ingest import IngestHealth
from central.live_feed import LiveFeed
from central.news_post import NewsPost, NoNewsPost
from central.pages.rendering import Pages
from models.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDesk:
    """Handed to each file of routes; nothing in here is changed by a request but what the store holds."""

    database: Database
    measurements: Database
    """The measurement store, which `keep-measurements` writes; the pages only read it."""
    clock: Clock
    pages: Pages
    visitors: Visitors
    passwords: Passwords
    attempts: Attempts
    live_feed: LiveFeed
    health: IngestHealth
    commands: CommandPost
    authority: AuthorityOffice | None = None
    """None where central was told of no authority."""
    authority_health: AuthorityHealth = field(default_factory=AuthorityHealth)
    news: NewsPost = field(default_factory=NoNewsPost)
    metrics_token: str = ""
    """What a program must bring to read `/metrics` from another machine; empty: nobody may."""
    root_fingerprint: str = ""
    """SHA-256 (hex) of the certificate that every broker's certificate grows from; empty without an authority."""
