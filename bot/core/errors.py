"""The exception family. Adapters translate at the edge: nothing above them sees aiohttp's, Slack's or SQLite's errors.

BotError
├── ConfigError            the file or the environment is wrong; carries every problem found
├── RejectedRequest        a request from outside that is refused; carries the HTTP status
├── StoreError             the database could not do it
│   ├── StoreUnavailable     locked, full or closing: nothing was stored, the caller may try again
│   ├── AlreadyRunning       another process holds the database
│   └── UnusableDatabase     damaged, or written by a newer version: a person must look
└── UpstreamError          somebody we called did not do it
    ├── TemporaryError       it did not happen; the same call may be repeated later
    │   ├── RateLimited        the whole method is closed for a while; does not count as an attempt
    │   └── UnfamiliarError    a code we do not know: a few tries, then a person must look
    ├── AmbiguousError       it may have happened; look before repeating
    ├── OutageError          the credential or the whole upstream is unusable; pause everything, one alert
    │   ├── SignInNeeded       the access token is missing, ended or was withdrawn: a person must connect again
    │   └── VersionRetired     the API version that we ask for is switched off: a person must name a newer one
    └── PermanentError       this item will never work as it stands
        ├── NotFound           the other side does not have it (yet)
        ├── Forbidden          the app or its member lacks a permission or role; a person may mend it
        ├── Conflict           there is such a thing already
        ├── ChallengeFailed    our webhook address did not prove that it is ours
        ├── UnreadableEntries  all of a list but some entries was passed on; those cannot be read
        ├── TargetError        every delivery to this target will fail until a person mends it
        └── MalformedMessage   our own message was refused; a plain version may pass
"""

from __future__ import annotations

from datetime import timedelta


class BotError(Exception):
    """Anything that this product raises on purpose."""


class ConfigError(BotError):
    """The rule file or the environment cannot be used. `problems` is never empty (see bot.config.problems)."""

    def __init__(self, problems: tuple[object, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class RejectedRequest(BotError):
    """A request that is refused. `status` is the HTTP status; `reason` is safe to answer and to log."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class StoreError(BotError):
    """The database could not do what was asked."""


class StoreUnavailable(StoreError):
    """Nothing was stored; the same call may be repeated."""


class AlreadyRunning(StoreError):
    """Another process holds this database."""


class UnusableDatabase(StoreError):
    """The file is damaged, no database, or newer than this program."""


class UpstreamError(BotError):
    """A call to somebody outside failed.

    `code` is the vendor's own word or the status ("channel_not_found", "503"); `advice` tells a person what to do,
    empty when there is nothing to do. Neither ever holds personal data or a secret.
    """

    def __init__(self, message: str, *, code: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


class TemporaryError(UpstreamError):
    """It did not happen and may work later; `retry_after` is the wait the other side asked for, if it did."""

    def __init__(self, message: str, *, code: str = "", advice: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(message, code=code, advice=advice)
        self.retry_after = retry_after


class RateLimited(TemporaryError):
    """The other side asks us to wait `retry_after`; `method` is what is closed ("" = everything of that upstream).

    `is_guess`: it did not say how long, so a wait that was in vain is followed by a longer one.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta,
        method: str = "",
        is_guess: bool = False,
        code: str = "",
        advice: str = "",
    ) -> None:
        super().__init__(message, code=code, advice=advice, retry_after=retry_after)
        self.method = method
        self.pause = retry_after
        self.is_guess = is_guess


class UnfamiliarError(TemporaryError):
    """An error code that no documentation we know names. Vendors add codes without notice."""


class AmbiguousError(UpstreamError):
    """The end of the call is unknown: it may have happened."""


class OutageError(UpstreamError):
    """Nothing will work with this credential or against this upstream until a person or time mends it.

    `retry_after` bounds how soon one careful call may find out that it works again; None = use the caller's default.
    """

    def __init__(self, message: str, *, code: str = "", advice: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(message, code=code, advice=advice)
        self.retry_after = retry_after


class SignInNeeded(OutageError):
    """There is no access token that works."""


class VersionRetired(OutageError):
    """The API version is not (or no longer) served."""


class PermanentError(UpstreamError):
    """Repeating the same call cannot help."""


class NotFound(PermanentError):
    """The other side does not have it, or not yet."""


class Forbidden(PermanentError):
    """A permission or role is missing; a person may mend it."""


class Conflict(PermanentError):
    """What should be created exists already; look at what is there."""


class ChallengeFailed(PermanentError):
    """The other side asked our address to prove that it is ours, and got no right answer."""


class UnreadableEntries(PermanentError):
    """A list came to its end, and some of its entries could not be read; all others were passed on."""


class TargetError(PermanentError):
    """The target (channel, person, mailbox) cannot be reached by any delivery until a person mends it."""


class MalformedMessage(PermanentError):
    """The other side refused the form of our message; a plainer version may pass."""
