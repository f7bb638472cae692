"""What a verifier found: every broken rule by its name, and what it could not check."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    rule: str
    detail: str
    place: str = ""

    def __str__(self) -> str:
        at = f" at {self.place}" if self.place else ""
        return f"{self.rule}{at}: {self.detail}"


@dataclass
class Report:
    faults: list[Fault] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.faults and not self.not_checked

    @property
    def rules(self) -> set[str]:
        return {fault.rule for fault in self.faults}

    def require(self, holds: bool, rule: str, detail: str, place: str = "") -> None:
        if not holds:
            self.faults.append(Fault(rule, detail, place))

    def refuse(self, rule: str, detail: str, place: str = "") -> None:
        self.faults.append(Fault(rule, detail, place))

    def skip(self, *rules: str) -> None:
        self.not_checked.extend(rule for rule in rules if rule not in self.not_checked)
