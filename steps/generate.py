"""Request → picture in the bucket.  Called by app.py for /generate-image, without HTTP.

The picture is a function of the request alone, and so is its object's name: doing it again changes nothing.
"""

import hashlib
import json
from typing import Any

import mandala
from steps.bucket import PictureBucket
from steps.errors import PermanentError

SIZE_PX = 1024


def generate(request: dict[str, Any], bucket: PictureBucket, *, is_first_attempt: bool) -> dict[str, Any]:
    """Draw what the request (schemas/request.json) asks for; returns the picture (schemas/picture.json).

    Only another attempt looks whether the picture is there already: the first one would ask in vain.

    Raises PermanentError(422) where it cannot be drawn, and what the bucket raises.
    """
    options = request["options"]
    seed = options.get("words", request["interaction_id"])
    try:
        design = mandala.design_for(seed, symmetry=options.get("symmetry"), palette=options.get("palette"))
    except mandala.DesignError as error:
        raise PermanentError(422, str(error), kind="drawing") from None
    object_name = _object_name(design, options)
    if is_first_attempt or not bucket.holds(object_name):
        bucket.put_once(object_name, mandala.draw_png(design, SIZE_PX))
    words = mandala.describe(design)
    return {
        "object": object_name,
        "title": words.title,
        "description": words.description,
        "colour": mandala.colour(design),
    }


def _object_name(design: mandala.Design, options: dict[str, Any]) -> str:
    """Named after all that makes the picture's bytes.

    The design holds the words and what they chose; an option that it does not hold is still not forgotten here.
    """
    chosen = {name: value for name, value in options.items() if name != "words"}
    shown = json.dumps([mandala.DRAWING, "png", SIZE_PX, chosen, mandala.to_document(design)], sort_keys=True)
    return f"pictures/{hashlib.sha256(shown.encode()).hexdigest()[:32]}.png"
