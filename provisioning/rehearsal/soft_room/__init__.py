"""Devices of a classroom in software: the other side of the drivers, each with its own program."""
