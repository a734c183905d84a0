"""How the shipped zones and land are made from Natural Earth's coast; run by ``python -m zones.build``."""
