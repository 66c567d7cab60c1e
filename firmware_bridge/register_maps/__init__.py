"""One TOML file for each model of Modbus sensor; README.md says how to write one."""
