"""Pictures of a study: what each shows, how it is drawn on paper and for the mouse."""

from experiments.pictures.drawing import draw_picture, picture_document

__all__ = ["draw_picture", "picture_document"]
