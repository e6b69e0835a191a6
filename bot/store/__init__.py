"""Where work waits and everything is remembered: the only place that contains SQL."""
