"""A notice for 2027, made up for the tests in the manner of those of other years."""

from datetime import date
from typing import Final

SPRING_2027: Final = """date,kind,name
2027-02-05,holiday,春节
2027-02-06,holiday,春节
2027-02-07,holiday,春节
2027-02-08,holiday,春节
2027-02-09,holiday,春节
2027-02-10,holiday,春节
2027-02-11,holiday,春节
2027-02-12,holiday,春节
2027-01-31,workday,春节
2027-02-20,workday,春节
"""
"""Eight days at Spring Festival, with a Sunday before and a Saturday after made up."""

MONDAY_BEFORE: Final = date(2027, 2, 1)
