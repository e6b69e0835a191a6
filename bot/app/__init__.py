"""The one place that wires: it builds every part from a Config and owns the order in which they start and stop."""

from bot.app.clock import Timing, utc_now
from bot.app.life import Running, alone, running

__all__ = ["Running", "Timing", "alone", "running", "utc_now"]
