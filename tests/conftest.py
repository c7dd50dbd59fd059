"""For all tests: an example of a property may take as long as it takes, as a busy machine is slow at times."""

from hypothesis import HealthCheck, settings

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
