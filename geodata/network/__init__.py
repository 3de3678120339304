"""Road networks and travel times."""

from geodata.network.engine import UNREACHED, UNREACHED_M, Parts, Reached, TravelTimes, Way
from geodata.network.modes import MODES, Mode, configured
from geodata.network.roads import Roads

__all__ = [
    "MODES",
    "UNREACHED",
    "UNREACHED_M",
    "Mode",
    "Parts",
    "Reached",
    "Roads",
    "TravelTimes",
    "Way",
    "configured",
]
