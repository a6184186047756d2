"""A check's report as JUnit XML, which any CI can show."""

from __future__ import annotations

from xml.etree import ElementTree

from hwsim.checks.check import Report
from hwsim.checks.problems import KINDS, Kind


def to_junit(report: Report, name: str) -> str:
    """One test case per property and junction; a failure holds the problems, one per line.

    Args:
        report: of the check.
        name: of the test suite.
    """
    cases = [(junction.junction, kind) for junction in report.junctions for kind in KINDS]
    n_failed = sum(bool(junction.counts[kind]) for junction in report.junctions for kind in KINDS)
    totals = {"tests": str(len(cases)), "failures": str(n_failed), "errors": "0"}
    root = ElementTree.Element("testsuites", totals)
    printable = "".join(letter if letter.isprintable() else "?" for letter in name)
    suite = ElementTree.SubElement(root, "testsuite", {"name": printable, **totals, "skipped": "0"})
    for junction, kind in cases:
        _case(suite, report, junction, kind)
    ElementTree.SubElement(suite, "system-out").text = "\n".join(report.warnings)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _case(suite: ElementTree.Element, report: Report, junction: int, kind: Kind) -> None:
    names = {"classname": f"junction {junction}", "name": kind, "time": "0"}
    case = ElementTree.SubElement(suite, "testcase", names)
    count = report.junctions[junction - 1].counts[kind]
    if not count:
        return
    plural = "problem" if count == 1 else "problems"
    message = f"{count} {plural} of kind {kind} in junction {junction}"
    failure = ElementTree.SubElement(case, "failure", {"message": message, "type": kind})
    failure.text = "\n".join(
        f"{problem.place}: {problem.detail}"
        for problem in report.problems
        if (problem.junction, problem.kind) == (junction, kind)
    )
