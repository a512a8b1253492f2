"""Other tools' rules and thresholds over our traces, for people who are used to them.

They are restated, not run: from what their documentation or source says, as far as a trace carries the quantities. Each
rule says how it is read here.
"""

from service.diagnosis.profiles.catalogue import OWN, PROFILES, ProfileName
from service.diagnosis.profiles.profile import Profile

__all__ = ["OWN", "PROFILES", "Profile", "ProfileName"]
