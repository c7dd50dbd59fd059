"""Where the cloud looks for functions: their entry points, and the settings of the process that serves them."""

from ingress.main import handle_request
from service.slow_clients import use_deadlines_in_functions_framework

__all__ = ["handle_request"]

use_deadlines_in_functions_framework()
