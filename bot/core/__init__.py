"""What happens to a lead, as pure functions of frozen values: standard library only, no I/O, no clock, no chance."""
