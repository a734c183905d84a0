"""How the shipped zones and coast are made from Natural Earth's coast and published vertices; run by ``python
-m zones.build``."""
