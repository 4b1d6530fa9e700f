"""Vọng Gác: carries a security warning all the way to finished work."""

__version__ = "0.1.0"
