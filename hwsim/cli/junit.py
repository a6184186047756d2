"""A check's report as JUnit XML, which any CI can show."""

from __future__ import annotations

from xml.etree import ElementTree

from hwsim.checks.check import Report
from hwsim.checks.problems import KINDS, Kind
from hwsim.errors import BadInput


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
    skipped = str(len(report.junctions) * len(report.assumed))
    suite = ElementTree.SubElement(
        root, "testsuite", {"name": printable, **totals, "skipped": skipped}
    )
    for junction, kind in cases:
        _case(suite, report, junction, kind)
    ElementTree.SubElement(suite, "system-out").text = "\n".join(report.warnings)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def bad_input_to_junit(error: BadInput, name: str) -> str:
    """A suite of one error, so that no older report passes for this one's."""
    totals = {"tests": "1", "failures": "0", "errors": "1"}
    root = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **totals, "skipped": "0"})
    case = ElementTree.SubElement(suite, "testcase", {"classname": "input", "name": "input"})
    found = ElementTree.SubElement(case, "error", {"message": error.lines[0], "type": "BadInput"})
    found.text = "\n".join(error.lines)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _case(suite: ElementTree.Element, report: Report, junction: int, kind: Kind) -> None:
    names = {"classname": f"junction {junction}", "name": kind, "time": "0"}
    case = ElementTree.SubElement(suite, "testcase", names)
    if kind in report.assumed:
        ElementTree.SubElement(case, "skipped", {"message": report.assumed[kind]})
        return
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
