"""Runs every test of this folder, ends with the sum and writes it for whoever adds sums up."""

from __future__ import annotations

import argparse
import sys
import unittest
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=Path, help='write "passed failed skipped" here')
    options = parser.parse_args()
    suite = unittest.defaultTestLoader.discover(str(Path(__file__).parent))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    # A test can fail in several of its cases, and a fixture can fail without a test of its own.
    failed = len({str(getattr(t, "test_case", t)) for t, _ in result.failures + result.errors})
    skipped = len(result.skipped)
    passed = max(result.testsRun - failed - skipped, 0)
    if passed == 0 and failed == 0:
        failed = 1
    if options.counts:
        options.counts.write_text(f"{passed} {failed} {skipped}\n")
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
