"""The laws are searched for counter-examples however busy the machine is: no time limit for one try."""

from hypothesis import settings

settings.register_profile("rules", deadline=None)
settings.load_profile("rules")
