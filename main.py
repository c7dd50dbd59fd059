"""Where the cloud looks for functions: their entry points, and what holds for the whole process that serves them."""

from ingress.main import handle_request
from service.slow_clients import serve_functions_so

__all__ = ["handle_request"]

serve_functions_so()
