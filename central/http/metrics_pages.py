"""Figures for Prometheus: how many boxes stand how, what waits, what fails. Nobody's name, no box's name.

Told only to this machine itself, or to whoever brings the token of `[metrics] token_file`.
"""

import hmac
import ipaddress
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from central.fleet_figures import FleetFigures, count_fleet
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal

_FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


def routes(desk: FrontDesk) -> APIRouter:
    """One route without a permission of a person: programs ask."""
    router = APIRouter()

    @router.get("/metrics")
    def metrics(request: Request) -> Response:
        if not may_scrape(request, desk.metrics_token):
            raise Refusal(404, "NOT_HERE", "Not here.")
        now = desk.clock.now()
        with desk.database.reading() as connection:
            figures = count_fleet(connection, now)
        registry = CollectorRegistry()
        registry.register(_Figures(figures, desk, now))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router


def may_scrape(request: Request, token: str) -> bool:
    """Whether who asks holds the token, or sits on this machine with no proxy in between."""
    said = request.headers.get("authorization", "")
    if token and hmac.compare_digest(said.encode(), f"Bearer {token}".encode()):
        return True
    if request.client is None or any(header in request.headers for header in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


class _Figures(Collector):
    """Figures of one instant in Prometheus' words."""

    def __init__(self, figures: FleetFigures, desk: FrontDesk, now: datetime) -> None:
        self._figures = figures
        self._desk = desk
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Every figure that is known; one that is not is left out."""
        figures, health = self._figures, self._desk.health
        yield _by("classroom_boxes", "Room boxes by state.", "state", figures.boxes)
        yield _by("classroom_commands", "Orders of the last 30 days by state.", "state", figures.commands)
        yield _by("classroom_devices", "Devices in the register by state.", "state", figures.devices)
        yield CounterMetricFamily("classroom_events_stored", "Chain events in the log.", value=figures.events)
        yield _one("classroom_quarantine_messages", "Messages kept apart.", figures.quarantine)
        yield _one(
            "classroom_waiting_events", "Events that boxes have not yet sent, by their last word.", figures.waiting
        )
        yield _one("classroom_ingest_connected", "1 while central hears the broker.", health.broker == "connected")
        yield _one("classroom_ingest_storing", "1 while central can store.", health.trouble is None)
        yield CounterMetricFamily("classroom_ingest_dropped", "Messages dropped unanswered.", value=health.dropped)
        if figures.oldest_word_at is not None:
            age = (self._now - figures.oldest_word_at).total_seconds()
            yield _one("classroom_oldest_word_seconds", "Age of the oldest last word of a box in use.", age)
        status = self._desk.authority_health.status
        if status is not None and status.broker_crl_next_update is not None:
            left = (status.broker_crl_next_update - self._now).total_seconds() / 86_400
            yield _one("classroom_crl_days_left", "Days until the broker's revocation list runs out.", left)


def _by(name: str, words: str, label: str, counts: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _one(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=float(value))
