"""What a principal looks at, put together from the registers and the measurement store."""
