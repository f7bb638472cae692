// What the browser's own cryptography is asked for. Keys and signatures come in the exact forms of
// docs/PROTOCOL.md; anything else does not verify, and nothing here throws on hostile input.

import { concat, equal, fromHex } from './bytes.js';

const P256_INFO = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 27);
const P256_SIGNATURE_MAX = 72;

async function digest(algorithm, parts) {
    return new Uint8Array(await crypto.subtle.digest(algorithm, concat(...parts)));
}

export function sha256(...parts) {
    return digest('SHA-256', parts);
}

/** The DER SubjectPublicKeyInfo, 91 bytes, of x || y. */
export function p256KeyInfo(point) {
    return concat(P256_INFO, point);
}

/** ECDSA over SHA-256, by x || y, the signature in strict DER. */
export async function verifyP256(point, message, signature) {
    const raw = signatureFromDer(signature, 32, P256_SIGNATURE_MAX);
    if (raw === null) return false;
    return verifyEcdsa('P-256', 'SHA-256', concat(Uint8Array.of(4), point), message, raw);
}

/** ECDSA over SHA-384, by an encoded point, the signature as r || s. Null: not a point. */
export async function verifyP384(point, message, signature) {
    if (point.length !== 97 || point[0] !== 4) return null;
    return verifyEcdsa('P-384', 'SHA-384', point, message, signature);
}

async function verifyEcdsa(namedCurve, hash, point, message, signature) {
    let key;
    try {
        key = await crypto.subtle.importKey(
            'raw', point, { name: 'ECDSA', namedCurve }, false, ['verify']);
    } catch {
        return null; // Not on the curve.
    }
    return crypto.subtle.verify({ name: 'ECDSA', hash }, key, signature, message);
}

/** SEQUENCE { INTEGER r, INTEGER s }, not negative and minimal, as r || s; null otherwise. */
export function signatureFromDer(der, scalarBytes, max) {
    if (der.length < 8 || der.length > max || der[0] !== 0x30 || der[1] !== der.length - 2) {
        return null;
    }
    const raw = new Uint8Array(2 * scalarBytes);
    let at = 2;
    for (const end of [scalarBytes, 2 * scalarBytes]) {
        const length = der[at + 1];
        const value = der.subarray(at + 2, at + 2 + length);
        if (der[at] !== 0x02 || length === 0 || value.length !== length) return null;
        if (value[0] >= 0x80 || (value[0] === 0 && value[1] < 0x80)) return null;
        const scalar = value[0] === 0 ? value.subarray(1) : value;
        if (scalar.length > scalarBytes) return null;
        raw.set(scalar, end - scalar.length);
        at += 2 + length;
    }
    return at === der.length ? raw : null;
}

/** H(first four bytes) as a key id: a hint at which key signed, never a proof. */
export async function keyIdOf(...parts) {
    return (await sha256(...parts)).subarray(0, 4);
}

export function sameKey(line, name, keyId) {
    return line.name === name && equal(line.keyId, keyId);
}
