"""Displays and projectors: one asking machine, and for each protocol family a small codec and a table of its words."""
