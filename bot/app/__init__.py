"""The one place that wires: it builds every part from a Config and owns the order in which they start and stop."""

from bot.app.beginning import Beginning, beginning
from bot.app.clock import Timing, utc_now
from bot.app.life import Running, alone, running

__all__ = ["Beginning", "Running", "Timing", "alone", "beginning", "running", "utc_now"]
