"""By what somebody is known who comes again: keyed hashes of the e-mail address and of LinkedIn's id of the member."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.config.model import Config
from bot.core.erasure import canonical_address
from bot.core.lead import Lead

#: From a purpose and a text to a hash that nobody can guess back: bot.keys.Keyring.fingerprint.
Hash = Callable[[str, str], str]

_EMAIL, _MEMBER = "repeat lead, email", "repeat lead, member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """Nothing is made where the file has no `repeat_leads`, and only of what its `same_if` names."""

    hash: Hash
    live: Callable[[], Config]

    def of(self, lead: Lead) -> tuple[str, ...]:
        """The hashes of one lead's person; () = they will not be recognised."""
        wanted = self.live().repeat_leads
        if wanted is None:
            return ()
        emails = {lead.answered("email"), lead.answered("work_email")} if wanted.by_email else set()
        addresses = {canonical_address(email) for email in emails} - {""}
        prints = [self.hash(_EMAIL, address) for address in sorted(addresses)]
        return (*prints, *([lead.member] if wanted.by_member and lead.member else []))

    def member_print(self) -> Callable[[str], str] | None:
        """How the source hashes a member's id; None = it is not to ask for it."""
        wanted = self.live().repeat_leads
        return (lambda urn: self.hash(_MEMBER, urn)) if wanted is not None and wanted.by_member else None
