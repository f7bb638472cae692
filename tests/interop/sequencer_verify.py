"""Verifies receipts and audits logs of a sequencer, knowing only docs/PROTOCOL.md.

    sequencer_verify.py receipt FILE --policy POLICY [--payload FILE]
    sequencer_verify.py audit URL|DIRECTORY --policy POLICY

Exit code 0: good; 1: refused; 2: could not be checked.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from verifier.audit import audit
from verifier.encoding import Malformed
from verifier.policy import load_policy
from verifier.receipt import verify_receipt
from verifier.report import Report
from verifier.sources import DirectorySource, HttpSource, LogSource, Unreadable


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        policy = load_policy(options.policy)
        if options.verb == "receipt":
            payload = options.payload.read_bytes() if options.payload else None
            report = verify_receipt(options.file.read_bytes(), policy, payload)
        else:
            report = audit(_source(options.log), policy)
    except (OSError, Malformed, Unreadable) as error:
        print(f"cannot check: {error}", file=sys.stderr)
        return 2
    _print(report)
    return 0 if report.good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Independent verifier of sequencer logs")
    verbs = parser.add_subparsers(dest="verb", required=True)
    receipt = verbs.add_parser("receipt", help="verify a receipt, JSON or tlog-proof")
    receipt.add_argument("file", type=Path)
    receipt.add_argument("--policy", type=Path, required=True)
    receipt.add_argument("--payload", type=Path)
    log = verbs.add_parser("audit", help="audit a whole log")
    log.add_argument("log", help="URL of a gateway, or a data directory")
    log.add_argument("--policy", type=Path, required=True)
    return parser


def _source(log: str) -> LogSource:
    if log.startswith(("http://", "https://")):
        return HttpSource(log)
    return DirectorySource(Path(log))


def _print(report: Report) -> None:
    for fault in report.faults:
        print(f"refused {fault}")
    for rule in report.not_checked:
        print(f"not checked {rule}")
    if report.good:
        print("good")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
