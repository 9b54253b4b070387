"""Pages as one HTML file that needs nothing else: filled templates, and pictures inside them."""

from base64 import b64encode
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class Picture:
    """A picture with the words for those who do not see it."""

    image: bytes
    """PNG; empty where it is drawn in the browser."""

    alt: str
    """What it shows, in words."""

    caption: str
    """What stands below it; empty when the words above say it."""

    live: str = ""
    """HTML that draws it in the browser, of this program's making; empty for a PNG."""

    @property
    def uri(self) -> str:
        """The PNG as an address that holds it."""
        return png_uri(self.image)


def picture_of(image: bytes, alt: str, caption: str = "") -> Picture:
    """Return an image as a picture of a page.

    Parameters
    ----------
    image : bytes
        PNG, [-].
    alt : str
        What it shows, in words, [-].
    caption : str, optional
        What stands below it, [-].

    Returns
    -------
    Picture
        With the image inside, [-].
    """
    return Picture(image=image, alt=alt, caption=caption)


def png_uri(image: bytes) -> str:
    """Return an image as an address that holds it.

    Parameters
    ----------
    image : bytes
        PNG, [-].

    Returns
    -------
    str
        Data URI, [-].
    """
    return "data:image/png;base64," + b64encode(image).decode("ascii")


def filled(packages: str | tuple[str, ...], template: str, values: dict[str, Any]) -> str:
    """Return a template with its values, escaped; a value that is missing is an error.

    Parameters
    ----------
    packages : str or tuple of str
        Packages whose folders ``templates`` hold it and what it takes in, [-].
    template : str
        Name of the file, [-].
    values : dict
        By the name in the template, [-].

    Returns
    -------
    str
        HTML, [-].
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    named = (packages,) if isinstance(packages, str) else packages
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in named]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)
