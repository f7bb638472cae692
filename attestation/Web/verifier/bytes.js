// Bytes, numbers and texts, each in its one form (docs/PROTOCOL.md section 1).
// A reader answers null for anything that its writer would not write.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function concat(...parts) {
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}

export function equal(a, b) {
    return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

export function isZero(bytes) {
    return bytes.every((byte) => byte === 0);
}

/** Below zero, zero or above it, as of unsigned bytes from the left. */
export function compare(a, b) {
    for (let at = 0; at < a.length && at < b.length; at++) {
        if (a[at] !== b[at]) return a[at] - b[at];
    }
    return a.length - b.length;
}

export function u16(bytes, at) {
    return bytes[at] * 0x100 + bytes[at + 1];
}

export function u32(bytes, at) {
    return u16(bytes, at) * 0x10000 + u16(bytes, at + 2);
}

/** A BigInt: numbers and sizes of a log go beyond what a double holds. */
export function u64(bytes, at) {
    return (BigInt(u32(bytes, at)) << 32n) | BigInt(u32(bytes, at + 4));
}

export function u64Bytes(value) {
    return Uint8Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(56 - 8 * at)) & 255n));
}

export function toHex(bytes) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Lower-case digits for exactly so many bytes, or null. */
export function fromHex(text, length) {
    if (text.length !== 2 * length || !/^[0-9a-f]*$/.test(text)) return null;
    return Uint8Array.from({ length }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

export function toBase64(bytes) {
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return btoa(binary);
}

/** RFC 4648 section 4 with padding. The platform is lenient; writing the bytes again shows it. */
export function fromBase64(text) {
    let binary;
    try {
        binary = atob(text);
    } catch {
        return null;
    }
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return toBase64(bytes) === text ? bytes : null;
}

export function utf8(text) {
    return encoder.encode(text);
}

/** Well-formed UTF-8 as a string, or null. U+FEFF is a character like any other. */
export function fromUtf8(bytes) {
    try {
        return decoder.decode(bytes);
    } catch {
        return null;
    }
}

/** Decimal digits without a leading zero, up to 2^63 - 1, or null. */
export function fromDecimal(text) {
    if (!/^(0|[1-9][0-9]{0,18})$/.test(text)) return null;
    const value = BigInt(text);
    return value < 1n << 63n ? value : null;
}
