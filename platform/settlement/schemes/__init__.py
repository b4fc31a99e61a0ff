"""Subsidy schemes: dated, cited rules as data, worked through step by step, without a database.

A scheme is a YAML file in ``settlement/data`` (``definition``), made of small named steps (``steps``); the same
calculation serves the command line, the simulation page and the settlement batches.
"""

from settlement.schemes.calculation import calculate, simulate
from settlement.schemes.definition import Scheme, get_scheme, list_schemes, shipped
from settlement.schemes.results import Line, SchemeResult, Step

__all__ = ["Line", "Scheme", "SchemeResult", "Step", "calculate", "get_scheme", "list_schemes", "shipped", "simulate"]
