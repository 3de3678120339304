"""Component gallery, for developers: every token and part in both themes and languages."""

from cockpit.ui import gallery

gallery.show()
