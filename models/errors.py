"""The one family of errors: what we could not do, said so that staff can act on it.

A refusal is not an error: a refused candidate is an answer (`models.admission`). Each room declares its own errors
below `ClassroomError`, at the top of the module that raises them.
"""


class ClassroomError(Exception):
    """Something could not be done. The message is a plain English sentence that says what to do next."""


class BadInputError(ClassroomError):
    """Bytes, files or requests from outside do not have the shape they must have. Nothing was changed."""


class SettingsError(ClassroomError):
    """The program cannot start with these settings; the message names the setting and the remedy."""


class StorageError(ClassroomError):
    """A durable store failed or answered other than asked; no light may turn green until it is reopened."""
