"""Keys made from `secret_key`, one for each purpose: what is sealed or fingerprinted for one opens for no other."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.core.errors import StoreError

#: What the configuration demands of a key, too.
_SHORTEST = 32
_LARGEST_FILE = 64 * 1024
_SALT = b"leadbell"


class KeyMissing(StoreError):
    """There is no key, or none that opens what is stored. The message says what to do; it never holds a key."""


class Keyring:
    """The keys of `secret_key`: the first seals and signs, all of them open. Safe to share; keeps no state."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: at least one. They show in no repr."""
        self._keys = tuple(keys)

    @classmethod
    def of(cls, secret: str, *, beside: Path) -> Keyring:
        """The keys of `secret` (a comma list); when it is empty, the one in `<beside>.key`, made once and kept.

        `beside` is the database, whose folder must exist. Raises KeyMissing when the file can be neither read nor made.
        """
        return cls.existing(secret, beside=beside) or cls(_parts(_make(key_file(beside))))

    @classmethod
    def existing(cls, secret: str, *, beside: Path) -> Keyring | None:
        """As `of` for whoever only reads: where there is no key, None, and nothing is made.

        A key that another user's command made could not be read by the server.
        """
        keys = _parts(secret) or _parts(_read(key_file(beside)))
        return cls(keys) if keys else None

    def seal(self, purpose: str, plain: bytes) -> str:
        """Encrypt and sign with the first key; another text at each call."""
        return self._ciphers(purpose).encrypt(plain).decode("ascii")

    def open(self, purpose: str, sealed: str) -> bytes:
        """What was sealed for this purpose by any of the keys. Raises KeyMissing, also when it was tampered with."""
        try:
            return self._ciphers(purpose).decrypt(sealed.encode())
        except InvalidToken as error:
            raise KeyMissing(
                "No key opens what the database holds encrypted. Put the old key second in the list "
                "(LEADBELL_SECRET_KEY=new,old); one that Leadbell made itself is in the file that ends in .key "
                "beside the database."
            ) from error

    def is_current(self, purpose: str, sealed: str) -> bool:
        """Whether the first key alone opens it, so that no older one is needed for it any more."""
        try:
            Keyring(self._keys[:1]).open(purpose, sealed)
        except KeyMissing:
            return False
        return True

    def fingerprint(self, purpose: str, text: str) -> str:
        """A keyed hash by the first key, 64 hex digits: the same text gives the same, and nobody can guess it back."""
        key = _derived(self._keys[0], f"fingerprint:{purpose}")
        return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _ciphers(self, purpose: str) -> MultiFernet:
        keys = (_derived(key, f"seal:{purpose}") for key in self._keys)
        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def key_file(database: Path) -> Path:
    """Where the key of a database is kept when the configuration names none."""
    return database.with_name(database.name + ".key")


def _parts(secret: str) -> list[str]:
    return [part.strip() for part in secret.split(",") if part.strip()]


def _derived(key: str, purpose: str) -> bytes:
    """`secret_key` is any text, so it is stretched to the length that is needed; it must be long enough by itself."""
    return HKDF(algorithm=SHA256(), length=32, salt=_SALT, info=purpose.encode()).derive(key.encode())


def _read(file: Path) -> str:
    """The key in the file; "" when there is no such file."""
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE).decode("ascii").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise KeyMissing(
            f"The key file {file} cannot be read: {error.strerror}. Make it readable for the user that runs Leadbell, "
            "or set LEADBELL_SECRET_KEY to what it holds."
        ) from error
    except UnicodeDecodeError as error:
        raise _garbage(file) from error
    keys = content.split(",")
    if not content.isprintable() or any(len(key.strip()) < _SHORTEST for key in keys):
        raise _garbage(file)
    return content


def _garbage(file: Path) -> KeyMissing:
    return KeyMissing(
        f"The key file {file} does not hold a key. Put the right one back from where you keep it. If it is lost: "
        "delete the file, start again, and connect LinkedIn anew with `leadbell linkedin connect`."
    )


def _make(file: Path) -> str:
    """Make the file with a random key, whole or not at all; if another process was quicker, its key counts."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    try:
        try:
            _write(draft, secrets.token_urlsafe(32))
            with suppress(FileExistsError):
                os.link(draft, file)  # unlike a rename it never replaces a key that is there
            _flush_folder(file.parent)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise KeyMissing(
            f"The key file {file} cannot be made: {error.strerror}. Make the folder writable for the user that runs "
            "Leadbell, or set LEADBELL_SECRET_KEY to a random text of 32 characters or more."
        ) from error
    return _read(file)


def _write(file: Path, key: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(key + "\n")
        opened.flush()
        os.fsync(descriptor)


def _flush_folder(folder: Path) -> None:
    """The file's name must survive a power cut as well: what is sealed with the key is useless without it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
