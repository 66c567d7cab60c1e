"""Which firmware a sensor board carries, and the only way to give it another one."""
