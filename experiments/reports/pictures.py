"""Pictures of a page: inside it, with the words for those who do not see them."""

from base64 import b64encode

from attrs import frozen


@frozen(kw_only=True)
class Picture:
    """A picture with the words for those who do not see it."""

    uri: str
    """PNG as data URI."""

    alt: str
    """What it shows."""

    caption: str
    """What stands below it."""


def picture(image: bytes, alt: str, caption: str = "") -> Picture:
    """Return a picture that needs no other file.

    Parameters
    ----------
    image : bytes
        A PNG file, [-].
    alt : str
        What it shows, [-].
    caption : str, optional
        What stands below it, [-].

    Returns
    -------
    Picture
        The picture, [-].
    """
    uri = "data:image/png;base64," + b64encode(image).decode("ascii")
    return Picture(uri=uri, alt=alt, caption=caption)
