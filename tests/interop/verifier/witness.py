"""Witness policies and cosignatures (section 16)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Optional

from .encoding import Malformed, base64_decode, base64_encode, decimal, sha256
from .note import Checkpoint, SignatureLine, ed25519_verifies, is_ed25519_point
from .report import Report

COUNT_MAX = 16
_TEXT_MAX = 32_768
_TIME_MAX = 2**63 - 1
_COSIGNATURE = 0x04
_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)")
_Enough = Callable[[int], bool]


@dataclass(frozen=True)
class Witness:
    name: str
    key_name: str
    key_id: bytes
    public_key: bytes


@dataclass(frozen=True)
class WitnessPolicy:
    """`is_enough` takes a set of witnesses as bits; None where no quorum is asked for."""

    witnesses: tuple[Witness, ...]
    is_enough: Optional[_Enough]
    canonical: str


def decode_witness_policy(text: str) -> WitnessPolicy:
    if len(text) > _TEXT_MAX or not text.endswith("\n"):
        raise Malformed("witness policy is too long or has no end")
    if any((ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0) and c not in "\t\n" for c in text):
        raise Malformed("control character in the witness policy")
    reader = _Reader()
    for line in text[:-1].split("\n"):
        words = re.split(r"[ \t]+", line.strip(" \t"))
        if words[0] and not words[0].startswith("#"):
            reader.read(words)
    return reader.policy()


class _Reader:
    def __init__(self) -> None:
        self._witnesses: list[Witness] = []
        self._groups: list[str] = []
        self._nodes: dict[str, _Enough] = {}
        self._members: set[str] = set()
        self._quorum: Optional[str] = None

    def read(self, words: list[str]) -> None:
        kind, *rest = words
        if kind == "witness" and len(rest) in (2, 3):
            if len(rest) == 3 and not re.match(r"https?://.", rest[2], re.IGNORECASE):
                raise Malformed(f"address {rest[2]!r}")
            self._witness(rest[0], rest[1])
        elif kind == "group" and len(rest) >= 3:
            self._group(rest[0], rest[1], rest[2:])
        elif kind == "quorum" and len(rest) == 1 and self._quorum is None:
            if rest[0] != "none" and rest[0] not in self._nodes:
                raise Malformed(f"quorum of unknown {rest[0]!r}")
            self._quorum = rest[0]
        else:
            raise Malformed(f"witness policy line {' '.join(words)[:60]!r}")

    def policy(self) -> WitnessPolicy:
        if self._quorum is None:
            raise Malformed("witness policy has no quorum line")
        enough = self._nodes.get(self._quorum)
        everybody = (1 << len(self._witnesses)) - 1
        # More witnesses are never less: two disjoint sets that are enough exist exactly when some
        # set and all others are.
        if enough is not None and any(
            enough(chosen) and enough(everybody & ~chosen) for chosen in range(everybody + 1)
        ):
            raise Malformed("quorums do not intersect")
        lines = [f"witness {w.name} {_vkey(w)}\n" for w in self._witnesses]
        canonical = "".join(lines + self._groups) + f"quorum {self._quorum}\n"
        return WitnessPolicy(tuple(self._witnesses), enough, canonical)

    def _witness(self, name: str, vkey: str) -> None:
        index = len(self._witnesses)
        if index == COUNT_MAX:
            raise Malformed("too many witnesses")
        match = _VKEY.fullmatch(vkey)
        material = base64_decode(match[3]) if match else b""
        if match is None or len(material) != 33 or material[0] != _COSIGNATURE:
            raise Malformed(f"key of witness {name!r}")
        if not is_ed25519_point(material[1:]):
            raise Malformed(f"key of witness {name!r} is no key to hold anyone to")
        witness = Witness(name, match[1], bytes.fromhex(match[2]), material[1:])
        if witness.key_id != key_id(witness.key_name, witness.public_key):
            raise Malformed(f"key id of witness {name!r}")
        for other in self._witnesses:
            if other.public_key == witness.public_key:
                raise Malformed("one key stands twice")
            if (other.key_name, other.key_id) == (witness.key_name, witness.key_id):
                raise Malformed("two keys have one name and id")
        self._define(name, lambda chosen: bool(chosen >> index & 1))
        self._witnesses.append(witness)

    def _group(self, name: str, threshold: str, names: list[str]) -> None:
        if len(self._groups) == COUNT_MAX:
            raise Malformed("too many groups")
        count = {"any": 1, "all": len(names)}.get(threshold)
        k = decimal(threshold, len(names)) if count is None else count
        members = []
        for member in names:
            if k < 1 or member not in self._nodes or member in self._members:
                raise Malformed(f"group {name!r}")
            self._members.add(member)
            members.append(self._nodes[member])
        self._define(name, lambda chosen: sum(is_in(chosen) for is_in in members) >= k)
        self._groups.append(f"group {name} {k} {' '.join(names)}\n")

    def _define(self, name: str, enough: _Enough) -> None:
        if name == "none" or name in self._nodes:
            raise Malformed(f"name {name!r}")
        self._nodes[name] = enough


def check_cosignatures(
    checkpoint: Optional[Checkpoint], policy: Optional[WitnessPolicy], report: Report
) -> None:
    """The last two rules of step 8."""
    if policy is None:
        return
    if checkpoint is None:
        report.skip("cosignature", "witness-quorum")
        return
    chosen = 0
    failed = []
    for line in checkpoint.lines:
        for index, witness in enumerate(policy.witnesses):
            if (line.name, line.key_id) != (witness.key_name, witness.key_id):
                continue
            if cosignature_verifies(witness, line, checkpoint.signed):
                chosen |= 1 << index
            else:
                failed.append(witness.name)
    report.require(not failed, "cosignature", f"lines that do not verify: {failed}")
    if policy.is_enough is not None:
        names = [w.name for i, w in enumerate(policy.witnesses) if chosen >> i & 1]
        report.require(policy.is_enough(chosen), "witness-quorum", f"cosigned by {names} only")


def cosignature_verifies(witness: Witness, line: SignatureLine, signed: bytes) -> bool:
    time = int.from_bytes(line.signature[:8], "big")
    if len(line.signature) != 72 or not 1 <= time <= _TIME_MAX:
        return False
    message = b"cosignature/v1\ntime %d\n" % time + signed
    return ed25519_verifies(witness.public_key, line.signature[8:], message)


def key_id(name: str, public_key: bytes) -> bytes:
    return sha256(name.encode("utf-8") + b"\x0a\x04" + public_key)[:4]


def _vkey(witness: Witness) -> str:
    material = base64_encode(bytes([_COSIGNATURE]) + witness.public_key)
    return f"{witness.key_name}+{witness.key_id.hex()}+{material}"
