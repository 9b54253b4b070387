"""What people read of a study: the answer in words, tables, pictures, and the page that holds them.

Everything here is made from one document, that of `experiments.results.study_document`.
"""

from experiments.reports.page import Report, render, report_of, write_report

__all__ = ["Report", "render", "report_of", "write_report"]
