"""Request → picture in the bucket.  Called by app.py for /generate-image, without HTTP.

The picture and its object's name depend only on the request: doing it again changes nothing.
"""

import hashlib
import json
from datetime import datetime, timedelta

import mandala
from schemas.picture import ObjectName, Picture
from schemas.request import Options, Request
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
    seed = request.interaction_id if options.words is None else options.words
    try:
        design = mandala.design_for(seed, symmetry=options.symmetry, palette=options.palette)
    except mandala.DesignError as error:
        raise PermanentError("undrawable", str(error), kind="drawing") from None
    object_name = _object_name(design, options)
    if now - request.received_at < _FRESH or not bucket.holds(object_name):
        bucket.put_once(object_name, mandala.draw_png(design, SIZE_PX))
    words = mandala.describe(design)
    return Picture(object_name, words.title, words.description, mandala.colour(design))


def _object_name(design: mandala.Design, options: Options) -> ObjectName:
    """A name that contains a hash of everything that determines the picture's bytes.

    The design holds the seed.  The other options are hashed too, in case the design does not hold one of them.
    """
    chosen = {name: value for name, value in options.to_json().items() if name != "words"}
    shown = json.dumps([mandala.DRAWING, "png", SIZE_PX, chosen, mandala.to_document(design)], sort_keys=True)
    return ObjectName(f"pictures/{hashlib.sha256(shown.encode()).hexdigest()[:32]}.png")
