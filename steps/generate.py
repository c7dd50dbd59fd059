"""Request → picture in the bucket.  Called by app.py for /generate-image, without HTTP.

The picture is a function of the request alone, and so is its object's name: doing it again changes nothing.
"""

import hashlib
import json

import mandala
from schemas.picture import ObjectName, Picture
from schemas.request import Options, Request
from steps.bucket import PictureBucket
from steps.errors import PermanentError

SIZE_PX = 1024


def generate(request: Request, bucket: PictureBucket, *, is_first_attempt: bool) -> Picture:
    """Draw what the request asks for, and keep it in the bucket.

    Only another attempt looks whether the picture is there already: the first one would ask in vain.

    Raises PermanentError where it cannot be drawn, and what the bucket raises.
    """
    options = request.options
    seed = request.interaction_id if options.words is None else options.words
    try:
        design = mandala.design_for(seed, symmetry=options.symmetry, palette=options.palette)
    except mandala.DesignError as error:
        raise PermanentError("undrawable", str(error), kind="drawing") from None
    object_name = _object_name(design, options)
    if is_first_attempt or not bucket.holds(object_name):
        bucket.put_once(object_name, mandala.draw_png(design, SIZE_PX))
    words = mandala.describe(design)
    return Picture(object_name, words.title, words.description, mandala.colour(design))


def _object_name(design: mandala.Design, options: Options) -> ObjectName:
    """Named after all that makes the picture's bytes.

    The design holds the words and what they chose; an option that it does not hold is still not forgotten here.
    """
    chosen = {name: value for name, value in options.to_json().items() if name != "words"}
    shown = json.dumps([mandala.DRAWING, "png", SIZE_PX, chosen, mandala.to_document(design)], sort_keys=True)
    return ObjectName(f"pictures/{hashlib.sha256(shown.encode()).hexdigest()[:32]}.png")
