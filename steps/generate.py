"""Request → picture in the bucket.  Called by app.py for /generate-image, without HTTP.

The picture and its object's name depend only on the request: doing it again changes nothing.
"""

import hashlib
import json
from datetime import datetime, timedelta

import mandala
from schemas.picture import ObjectName, Picture
from schemas.request import Options, Request
from service.sharing import DOOR
from steps.bucket import PictureBucket
from steps.errors import PermanentError

SIZE_PX = 1024
_FRESH = timedelta(seconds=3)  # an older request may have been tried before, or waited; to look costs 0.03 s


def generate(request: Request, bucket: PictureBucket, now: datetime) -> Picture:
    """Draw the picture of the request and put it into the bucket.

    For a fresh request it is not checked whether the picture exists already: it hardly ever does.

    Raises PermanentError if it cannot be drawn, and what the bucket raises.
    """
    options = request.options
    try:
        design = mandala.design_for(_seed(request), symmetry=options.symmetry, palette=options.palette)
    except mandala.DesignError as error:
        raise PermanentError("undrawable", str(error), kind="drawing") from None
    size_px = options.size_px or SIZE_PX
    object_name = _object_name(design, options, size_px)
    if now - request.received_at < _FRESH or not bucket.holds(object_name):
        with DOOR.computing():
            png = mandala.draw_png(design, size_px)
        bucket.put_once(object_name, png)
    words = mandala.describe(design)
    colour = mandala.colour(design)
    return Picture(object_name, words.title, words.description, colour, design.symmetry, design.palette)


def _seed(request: Request) -> str:
    """The words, and the variation on a line of its own: no words hold a line's end."""
    words, variation = request.options.words or request.interaction_id, request.options.variation
    return words if variation is None else f"{words}\n{variation}"


def _object_name(design: mandala.Design, options: Options, size_px: int) -> ObjectName:
    """A name that contains a hash of everything that determines the picture's bytes.

    The design holds the seed.  The other options are hashed too, in case the design does not hold one of them.
    """
    chosen = {name: value for name, value in options.to_json().items() if name not in ("words", "size_px")}
    shown = json.dumps([mandala.DRAWING, "png", size_px, chosen, mandala.to_document(design)], sort_keys=True)
    return ObjectName(f"pictures/{hashlib.sha256(shown.encode()).hexdigest()[:32]}.png")
