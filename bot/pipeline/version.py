"""LinkedIn switches each version of its API off after a year: somebody is told in time to name a newer one."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, time

from bot.core.connection import warning_step
from bot.core.errors import StoreUnavailable
from bot.core.versions import sunset
from bot.pipeline.notices import listening
from bot.pipeline.shift import Shift

_log = logging.getLogger(__name__)

#: Days before the end at which it is said, once each.
_STEPS = (60, 30, 14, 7, 3, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionWatch:
    """Looks at `linkedin.api_version` of the file that the server started with."""

    shift: Shift
    version: str

    async def sweep(self) -> None:
        """Tell when a step is reached, once each. Idempotent."""
        end = sunset(self.version)
        if end is None:
            return
        step = warning_step(datetime.combine(end, time(), UTC), _STEPS, self.shift.now())
        if step is None:
            return
        try:
            await self.shift.tell(listening.version_ends(self.version, end, step))
        except StoreUnavailable as error:
            _log.warning("version not told", extra={"error": str(error)})
