"""Settings from the environment, read once and checked at start.

Lives here: names, defaults, forms and bounds of all settings; where the app stands in the network.
Offers: what is imported below, `Settings.from_env(os.environ)` first of all.
Must never know: what is done with them; it connects to nothing.
"""

from config.connection_string import LIBPQ_OPTIONS
from config.mem0_home import prepare_mem0
from config.network import networks, public_origins, trusted_proxies
from config.reader import SHORTEST_TOKEN
from config.settings import Settings
from config.version import VERSION

__all__ = [
    "LIBPQ_OPTIONS",
    "SHORTEST_TOKEN",
    "VERSION",
    "Settings",
    "networks",
    "prepare_mem0",
    "public_origins",
    "trusted_proxies",
]
