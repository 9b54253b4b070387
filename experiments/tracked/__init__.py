"""What is told of a study in the tracking, made from the store when it is delivered."""

from experiments.tracked.contents import StoredContents
from experiments.tracked.course import course

__all__ = ["StoredContents", "course"]
