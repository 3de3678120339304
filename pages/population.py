"""Population: who lives in a unit, how they are made up, and how that changes."""

from cockpit.ui import population as ui
from cockpit.ui import way

region = way.region()
asked = ui.asked()
unit = ui.unit_of(region, **asked)
parts = ui.parts_of(region, **asked)

way.show()
if not unit.people:
    ui.no_people(unit)
else:
    ui.tiles(unit)
    view = ui.view()
    if view == "structure":
        ui.structure(unit)
    elif view == "change":
        ui.change(unit, ui.changes_of(region, **asked))
    else:
        ui.compare(unit)
    ui.parts(unit, parts)
ui.source(unit)
