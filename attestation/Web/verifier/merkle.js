// The tree of RFC 6962 section 2.1 with SHA-256 (docs/PROTOCOL.md section 6).

import { sha256 } from './crypto.js';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(record) {
    return sha256(LEAF, record);
}

/**
 * The path from a leaf to the root: one step a hash of the proof, nearest sibling first, each
 * saying on which side the sibling stands. Null if the place asks for another count of hashes.
 */
export function pathOf(number, size, proof) {
    const steps = [];
    let place = number;
    let last = size - 1n;
    let used = 0;
    // Upwards level by level. A node that is last and alone on its level moves up as it is.
    while (last > 0n) {
        const isRight = (place & 1n) === 1n;
        if (isRight || place < last) {
            if (used === proof.length) return null;
            steps.push({ sibling: proof[used++], isLeft: isRight });
        }
        place >>= 1n;
        last >>= 1n;
    }
    return used === proof.length ? steps : null;
}

/** All nodes from the leaf's hash to the root. */
export async function climb(leaf, steps) {
    const nodes = [leaf];
    for (const { sibling, isLeft } of steps) {
        const node = nodes[nodes.length - 1];
        nodes.push(await sha256(NODE, ...(isLeft ? [sibling, node] : [node, sibling])));
    }
    return nodes;
}
