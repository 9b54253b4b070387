"""The search: strategies that propose, the loop that asks and keeps, the front that remains."""
