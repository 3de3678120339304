"""The county digital-twin cockpit: store, subjects, answers, web routes and pages."""
