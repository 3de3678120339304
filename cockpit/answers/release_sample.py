"""Public figures of the invented county, so that its public pages have something to show."""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy.orm import Session

from cockpit.answers import release, release_store, release_write
from cockpit.answers.current import current_twin
from cockpit.answers.release import Asked
from cockpit.store.session import engine

SAMPLE = (
    Asked("age-3", "village", Fraction(3, 10)),
    Asked("covered-clinic", "village", Fraction(2, 10)),
    Asked("covered-primary_school", "village", Fraction(2, 10)),
    Asked("households", "village"),
)
"""What a county might begin with; three tenths of a year's epsilon are left to try."""

REASON = "Sample of a release; the county is invented."


def publish_sample(who: str) -> int:
    """
    Make and publish the sample's releases; return how many.

    Nothing happens unless the county says that it is invented, nor where something has been
    released before.
    """
    county = current_twin()
    if (
        county is None
        or not county.county.get("invented")
        or release_store.published(retracted=True)
    ):
        return 0
    with Session(engine()) as db:
        for asked in SAMPLE:
            made = release.make(db, county, asked, reason=REASON, who=who)
            release_write.publish(db, made, who=who)
    return len(SAMPLE)
