"""Population: who lives in a unit, how they are made up, and how that changes."""

from cockpit.ui import population, share, way
from cockpit.ui import population_choices as choices

asked = choices.asked()
unit = choices.unit_of(way.region(), **asked)
parts = choices.parts_of(way.region(), **asked)

way.show()
if not unit.people:
    population.no_people(unit)
else:
    population.tiles(unit)
    view = choices.view()
    if view == "structure":
        population.structure(unit)
    elif view == "change":
        population.change(unit, choices.changes_of(way.region(), **asked))
    else:
        population.compare(unit)
    population.parts(unit, parts)
population.source(unit)
share.button()
