"""Space and time without a database: coordinates, hierarchy, areal transfer, the sample county."""
