"""The trust policy of section 10."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from .encoding import Malformed, base64_decode
from .records import decode_configuration
from .witness import WitnessPolicy, decode_witness_policy

# Root G1 of AWS Nitro Enclaves (SHA-256 of the DER: 641a0321a3e244efe456463195d60631
# 7ed7cdcc3c1756e09893f3c68f79bb5b), as AWS publishes it.
AWS_NITRO_ENCLAVES_G1 = base64_decode(
    "MIICETCCAZagAwIBAgIRAPkxdWgbkK/hHUbMtOTn+FYwCgYIKoZIzj0EAwMwSTELMAkGA1UEBhMCVVMxDzANBgNV"
    "BAoMBkFtYXpvbjEMMAoGA1UECwwDQVdTMRswGQYDVQQDDBJhd3Mubml0cm8tZW5jbGF2ZXMwHhcNMTkxMDI4MTMy"
    "ODA1WhcNNDkxMDI4MTQyODA1WjBJMQswCQYDVQQGEwJVUzEPMA0GA1UECgwGQW1hem9uMQwwCgYDVQQLDANBV1Mx"
    "GzAZBgNVBAMMEmF3cy5uaXRyby1lbmNsYXZlczB2MBAGByqGSM49AgEGBSuBBAAiA2IABPwCVOumCMHzaHDimtqQ"
    "vkY4MpJzbolL//Zy2YlES1BR5TSksfbb48C8WBoyt7F2Bw7eEtaaP+ohG2bnUs990d0JX28TcPQXCEPZ3BABIeTP"
    "YwEoCWZEh8l5YoQwTcU/9KNCMEAwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUkCW1DdkFR+eWw5b6cp3Pmanf"
    "S5YwDgYDVR0PAQH/BAQDAgGGMAoGCCqGSM49BAMDA2kAMGYCMQCjfy+Rocm9Xue4YnwWmNJVA44fA0P5W2OpYow9"
    "OYCVRaEevL8uO1XYru5xtMPWrfMCMQCi85sWBbJwKKXdS6BptQFuZbT73o/gBh1qUxl/nNr12UO8Yfwr6wPLb+6N"
    "IwLz3/Y="
)

_FORMAT = "sequencer-trust-policy/v1"
_NAMED_ROOTS = {"aws-nitro-enclaves-g1": AWS_NITRO_ENCLAVES_G1}
_REQUIRED = {"format", "log_id", "origin", "configuration", "measurements"}
_OPTIONAL = {"roots", "insecure_development_roots", "witnesses"}
_PCR_NAMES = {"pcr0": 0, "pcr1": 1, "pcr2": 2, "pcr3": 3, "pcr4": 4, "pcr8": 8}


@dataclass(frozen=True)
class Measurement:
    name: str
    pcrs: dict[int, bytes]
    not_after_size: Optional[int]


@dataclass(frozen=True)
class Policy:
    log_id: bytes
    origin: str
    configuration: bytes
    measurements: tuple[Measurement, ...]
    root_certificates: tuple[bytes, ...]
    witnesses: Optional[WitnessPolicy] = None


def load_policy(path: Path) -> Policy:
    return decode_policy(path.read_bytes())


def decode_policy(data: bytes) -> Policy:
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=unrepeated)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"policy is not JSON: {error}") from error
    members = _members(value, _REQUIRED, _OPTIONAL, "policy")
    if members["format"] != _FORMAT:
        raise Malformed(f"policy format {members['format']!r}")
    configuration = _text(members, "configuration").encode("utf-8")
    origin = _text(members, "origin")
    decoded = decode_configuration(configuration)
    if decoded.origin != origin:
        raise Malformed("the policy's origin is not its configuration's")
    measurements = tuple(_measurement(item) for item in _array(members, "measurements"))
    if not measurements:
        raise Malformed("policy has no measurements")
    return Policy(
        _hex(_text(members, "log_id"), 32),
        origin,
        configuration,
        measurements,
        _roots(members),
        decode_witness_policy(_text(members, "witnesses"))
        if "witnesses" in members
        else decoded.witnesses,
    )


def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object_pairs_hook that refuses repeated members."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a member occurs twice")
    return result


def _roots(members: dict[str, Any]) -> tuple[bytes, ...]:
    roots: list[bytes] = []
    for name in _array(members, "roots"):
        if not isinstance(name, str) or name not in _NAMED_ROOTS:
            raise Malformed(f"unknown root {name!r}")
        roots.append(_NAMED_ROOTS[name])
    for text in _array(members, "insecure_development_roots"):
        if not isinstance(text, str):
            raise Malformed("a development root is not a string")
        roots.append(base64_decode(text))
    if not roots:
        raise Malformed("policy names no root")
    return tuple(roots)


def _measurement(value: Any) -> Measurement:
    optional = {"pcr3", "pcr4", "pcr8", "not_after_size"}
    members = _members(value, {"name", "pcr0", "pcr1", "pcr2"}, optional, "measurement")
    pcrs: dict[int, bytes] = {}
    for name, index in _PCR_NAMES.items():
        if name in members:
            pcrs[index] = _hex(_text(members, name), 48)
            if not any(pcrs[index]):
                raise Malformed(f"{name} is all zero")
    size = members.get("not_after_size")
    if "not_after_size" in members and (type(size) is not int or not 0 <= size < 2**64):
        raise Malformed("not_after_size is not an integer")
    return Measurement(_text(members, "name"), pcrs, size)


def _members(value: Any, required: set[str], optional: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not an object")
    keys = set(value)
    if required - keys:
        raise Malformed(f"{what} lacks {sorted(required - keys)}")
    if keys - required - optional:
        raise Malformed(f"{what} has unknown members {sorted(keys - required - optional)}")
    return value


def _text(members: dict[str, Any], name: str) -> str:
    if not isinstance(members[name], str):
        raise Malformed(f"{name} is not a string")
    return members[name]


def _array(members: dict[str, Any], name: str) -> list[Any]:
    value = members.get(name, [])
    if not isinstance(value, list):
        raise Malformed(f"{name} is not an array")
    return value


def _hex(text: str, size: int) -> bytes:
    if not re.fullmatch(r"[0-9a-f]*", text) or len(text) != 2 * size:
        raise Malformed(f"not {2 * size} lower-case hexadecimal digits")
    return bytes.fromhex(text)
