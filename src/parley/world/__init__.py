"""Nouns and arithmetic: units, limits, time, places, volumes, tracks, agreements, faults.

Nothing here knows of logs, sockets, files or clocks. Inside, everything is SI with the unit last in
the name, degrees for latitude and longitude, and integer microseconds UTC for instants; feet, knots
and nautical miles exist only in `units` and at the edges that call it.
"""
