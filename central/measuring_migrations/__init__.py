"""How the measurement store came to its tables: `central.upgrade` runs the steps."""
