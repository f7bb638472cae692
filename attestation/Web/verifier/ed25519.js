// Ed25519 as docs/PROTOCOL.md section 7 asks for it: stricter than a browser's own cryptography, so
// that a key can be held to one message and a signature has one form.

import { fromHex } from './bytes.js';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const P = 2n ** 255n - 19n;
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
// y of the eight points of small order: of order 4, 1, 2, and with either sign 8.
const OF_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER_Y = [0n, 1n, P - 1n, OF_ORDER_8, P - OF_ORDER_8];

let isAtHand;

/** 32 bytes that are a point in its one encoding, if it is on the curve, and not of small order. */
export function isAcceptablePoint(bytes) {
    if (bytes.length !== KEY_BYTES) return false;
    const y = littleEndian(bytes) & (1n << 255n) - 1n; // The top bit is the sign of x.
    return y < P && !SMALL_ORDER_Y.includes(y);
}

export async function verifyEd25519(publicKey, message, signature) {
    if (signature.length !== SIGNATURE_BYTES || !isAcceptablePoint(publicKey)) return false;
    if (!isAcceptablePoint(signature.subarray(0, KEY_BYTES))) return false;
    if (littleEndian(signature.subarray(KEY_BYTES)) >= GROUP_ORDER) return false;
    try {
        const key = await crypto.subtle.importKey(
            'raw', publicKey, { name: 'Ed25519' }, false, ['verify']);
        return await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, message);
    } catch {
        return false;
    }
}

/** Whether this browser has Ed25519: it must accept the first example of RFC 8032 section 7.1. */
export function isEd25519AtHand() {
    isAtHand ??= verifyEd25519(
        fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 32),
        new Uint8Array(0),
        fromHex(
            'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155'
            + '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b', 64));
    return isAtHand;
}

function littleEndian(bytes) {
    return bytes.reduceRight((value, byte) => value << 8n | BigInt(byte), 0n);
}
