"""Errors that a visitor can read: a sentence template and the values that fill it."""


class CockpitError(Exception):
    """Base class. The template is kept, so a page can say it in another language."""

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template.format(**values) if values else template)
        self.template = template
        self.values = values

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a child process with template and values."""
        return (_rebuild, (type(self), self.template, self.values))


def _rebuild(kind: type[CockpitError], template: str, values: dict[str, object]) -> CockpitError:
    return kind(template, **values)


class InputError(CockpitError):
    """A call with arguments that cannot be right: shapes, ranges, unknown names."""


class DataFileError(CockpitError):
    """A file that is missing, unreadable or breaks a rule that stops its loading."""


class ManifestError(CockpitError):
    """A county.toml that is wrong; the sentence names the line."""


class AskFirst(CockpitError):  # noqa: N818 -- a question, no error
    """Something looks wrong but a person may confirm it; loading waits for the answer."""
