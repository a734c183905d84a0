"""The scenario maker: labelled AIS traffic as NMEA, with the truth to score detectors against.

A scenario is a name and a number. Detectors may not import it.
"""

from darkwake.simulate.busy import busy_day
from darkwake.simulate.catalogue import BLIND, CORPUS, UnknownScenario, make, scenarios
from darkwake.simulate.scenario import Scenario

__all__ = ["BLIND", "CORPUS", "Scenario", "UnknownScenario", "busy_day", "make", "scenarios"]
