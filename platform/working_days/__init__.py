"""Holidays and make-up days of a year's notice, as they are entered here; and what moves when one comes."""
