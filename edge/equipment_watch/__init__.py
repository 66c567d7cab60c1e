"""The room's equipment as the box sees it: what devices say, whether it can be true, what central is told."""
