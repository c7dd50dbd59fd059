"""Where the cloud looks for functions: the entry point of the target, and the settings of the process that serves it.

A process serves one target, and has the settings of no other.  functions-framework names it in FUNCTION_TARGET before
it reads this file.
"""

import os

from service.slow_clients import use_deadlines_in_functions_framework

use_deadlines_in_functions_framework()
match os.environ.get("FUNCTION_TARGET"):
    case "handle_request":
        from ingress.main import handle_request as handle_request
    case "generate_image":
        from steps.functions import step_function

        generate_image = step_function("generate_image", "/generate-image")
    case "reply_discord":
        from steps.functions import step_function

        reply_discord = step_function("reply_discord", "/reply-discord")
