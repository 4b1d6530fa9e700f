"""Correlations: rules over the hits of other rules. Pure: partial hits in, in order of time, matches out.

A *partial hit* is a hit of a rule that some correlation refers to, as one row of numbers (``partials``): when, where, which
group. ``layout`` says what workers take from an event for it, ``windows`` what is held of a group, ``correlator`` judges
rows in order of time, ``stream`` puts rows that arrive nearly in order into order first.
"""
