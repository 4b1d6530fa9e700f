"""Organisations as a graph in time, with their people, networks and information systems."""

from vonggac.desk.organisations.models.graph import Mandate, Name, Organisation, Placement, Reorganisation, Succession
from vonggac.desk.organisations.models.imports import Import, ImportFault, ImportLine
from vonggac.desk.organisations.models.networks import Network
from vonggac.desk.organisations.models.people import ContactPoint, Person
from vonggac.desk.organisations.models.systems import InformationSystem, SystemAddress

__all__ = [
    "ContactPoint",
    "Import",
    "ImportFault",
    "ImportLine",
    "InformationSystem",
    "Mandate",
    "Name",
    "Network",
    "Organisation",
    "Person",
    "Placement",
    "Reorganisation",
    "Succession",
    "SystemAddress",
]
