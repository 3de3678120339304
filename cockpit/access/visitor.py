"""Who asks: account, roles, clearance and territory, the same for pages and routes."""

from __future__ import annotations

from dataclasses import dataclass

from cockpit.access.classes import CLASSES
from cockpit.access.roles import acts_of
from geodata.errors import CockpitError

WITHOUT_PURPOSE = "备用"
"""The highest class that opens without saying what it is needed for."""


class NotAllowedError(CockpitError):
    """The visitor's roles, class or territory do not reach what was asked for."""


@dataclass(frozen=True)
class Visitor:
    """
    Somebody at a page or a route; without an account: the public.

    ``session`` is the id of the session's row (not the cookie). ``territory`` is a region code, of
    which and of everything below which the visitor may see figures; "" is the whole county.
    ``clearance`` is what the account was given, never above what its roles allow.
    """

    account: str = ""
    name: str = ""
    roles: tuple[str, ...] = ("public",)
    clearance: str = "公开"
    territory: str = ""
    session: str = ""
    purpose: str = ""
    """What the visitor said that sensitive data are needed for; "" until then."""

    @property
    def signed_in(self) -> bool:
        """Whether there is an account."""
        return bool(self.account)

    @property
    def data_class(self) -> str:
        """The highest class that is open now: above 备用 only with a purpose."""
        if self.purpose:
            return self.clearance
        return min(self.clearance, WITHOUT_PURPOSE, key=CLASSES.index)

    @property
    def acts(self) -> frozenset[str]:
        """What the roles allow."""
        return acts_of(self.roles)

    def may(self, act: str) -> bool:
        """Tell whether a role allows an act (``roles.ACTS``)."""
        return act in self.acts

    def require(self, act: str) -> None:
        """Raise ``NotAllowedError`` unless a role allows an act."""
        if not self.may(act):
            raise NotAllowedError("Your account is not allowed to do this.")

    def reaches(self, path: str) -> bool:
        """
        Tell whether a region lies in the territory.

        ``path`` has the codes from the county down to the region, each ended by a slash, as
        ``Twin.path`` returns it.
        """
        return not self.territory or f"{self.territory}/" in _whole_codes(path)

    @property
    def whole_county(self) -> bool:
        """Whether the territory is the county."""
        return not self.territory


def _whole_codes(path: str) -> set[str]:
    return {f"{code}/" for code in path.split("/") if code}


PUBLIC = Visitor()
