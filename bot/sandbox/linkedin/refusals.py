"""LinkedIn's way of saying no."""

from __future__ import annotations

from collections.abc import Iterable

from bot.sandbox.linkedin.records import Json


class RefusedError(Exception):
    """An answer in LinkedIn's error shape."""

    def __init__(self, status: int, code: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"status": status, "code": code, "message": message, **more}


def invalid(parameter: str) -> RefusedError:
    """A parameter that is missing, or is not what it must be."""
    return RefusedError(400, "PARAM_INVALID", f"Parameter '{parameter}' is invalid")


def not_found(what: str) -> RefusedError:
    """There is no such thing (any more)."""
    return RefusedError(404, "NOT_FOUND", f"{what} was not found")


def no_permission(resource: str, method: str, version: str) -> RefusedError:
    """The app lacks a scope or the member a role: LinkedIn's words are the same for both."""
    name = f"{resource.replace('/', '.')}.{method}.{version}01"
    message = f"Not enough permissions to access: {name}"
    return RefusedError(403, "ACCESS_DENIED", message, serviceErrorCode=100)


def wrong_fields(problems: Iterable[tuple[str, str]]) -> RefusedError:
    """A body with wrong fields: pairs of a field's path and what is wrong with it."""
    errors = [
        {"code": "INVALID_VALUE_FOR_FIELD", "description": text, "input": {"inputPath": {"fieldPath": path}}}
        for path, text in problems
    ]
    return RefusedError(
        400,
        "MULTIPLE_VALIDATIONS_FAILED",
        "Multiple errors occurred during the input validation. Please see errorDetails for more information.",
        errorDetailType="com.linkedin.common.error.BadRequest",
        errorDetails={"inputErrors": errors, "conditionalInputErrors": []},
    )
