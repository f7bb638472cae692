"""The tree of RFC 6962 section 2.1 with SHA-256, its proofs, and C2SP tiles (sections 6, 13)."""

from __future__ import annotations

from typing import Optional, Sequence

from .encoding import sha256

TILE_WIDTH = 256
EMPTY_ROOT = sha256(b"")


def leaf_hash(record: bytes) -> bytes:
    return sha256(b"\x00" + record)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, by pairing level by level (an odd last node rises as it is)."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]


def frontier_of(leaves: Sequence[bytes]) -> list[bytes]:
    """The roots of the complete subtrees that make up the tree, the largest first."""
    if not leaves:
        return []
    width = 1 << (len(leaves).bit_length() - 1)
    return [root_of(leaves[:width])] + frontier_of(leaves[width:])


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(index, leaves) of RFC 6962 section 2.1.1, nearest sibling first."""
    size = len(leaves)
    if size <= 1:
        return []
    k = _split(size)
    if index < k:
        return inclusion_proof(leaves[:k], index) + [root_of(leaves[k:])]
    return inclusion_proof(leaves[k:], index - k) + [root_of(leaves[:k])]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """PROOF(old_size, leaves) of RFC 6962 section 2.1.2."""

    def subproof(m: int, part: Sequence[bytes], whole: bool) -> list[bytes]:
        if m == len(part):
            return [] if whole else [root_of(part)]
        k = _split(len(part))
        if m <= k:
            return subproof(m, part[:k], whole) + [root_of(part[k:])]
        return subproof(m - k, part[k:], False) + [root_of(part[:k])]

    return subproof(old_size, leaves, True)


def root_from_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes]
) -> Optional[bytes]:
    """The root that `proof` leads to, or None when its length does not fit index and size."""
    if index >= size:
        return None
    result, at, last, used = leaf, index, size - 1, 0
    while last:
        # A right edge node without a sibling rises a level and takes no hash.
        if at % 2 or at < last:
            if used == len(proof):
                return None
            sibling = proof[used]
            used += 1
            result = node_hash(sibling, result) if at % 2 else node_hash(result, sibling)
        at >>= 1
        last >>= 1
    return result if used == len(proof) else None


def consistency_holds(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """RFC 9162 section 2.1.4.2, which verifies the proofs of RFC 6962."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    at, last = old_size - 1, new_size - 1
    while at % 2:
        at >>= 1
        last >>= 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if at % 2 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while at and not at % 2:
                at >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        at >>= 1
        last >>= 1
    return last == 0 and old == old_root and new == new_root


def tile_levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Hashes of each tile level: level L+1 has the root of every full tile of level L."""
    levels = [list(leaves)]
    while len(levels[-1]) >= TILE_WIDTH:
        below = levels[-1]
        full = len(below) // TILE_WIDTH
        levels.append(
            [root_of(below[i * TILE_WIDTH : (i + 1) * TILE_WIDTH]) for i in range(full)]
        )
    return levels


def tile_path(level: str, index: int, width: int) -> str:
    """`tile/<L>/<N>[.p/<W>]`, where N stands in groups of three digits."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"
