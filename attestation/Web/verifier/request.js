// What an entry asked for, and what was said of its payload (docs/PROTOCOL.md sections 2 and 3).

import { compare, fromUtf8, u16, u32, u64, utf8 } from './bytes.js';
import { sha256 } from './crypto.js';

export const REQUEST_MAX = 17_158;
export const METADATA_MAX = 8_192;

const OPERATIONS_MAX = 64;
const PAIRS_MAX = 64;
const REQUEST_DOMAIN = utf8('seq-request/v1\0');
const METADATA_DOMAIN = utf8('seq-metadata/v1\0');
const CELL_DOMAIN = utf8('seq-cell/v1\0');
const SALTED_DOMAIN = utf8('seq-salted/v1\0');
const OPERATIONS =
    [null, 'version-equals', 'exists', 'not-exists', 'unchanged-since', 'bump'];
const CONTROL = /[\u0000-\u001f\u007f]/;

export function requestDigest(bytes) {
    return sha256(REQUEST_DOMAIN, bytes);
}

export function metadataDigest(bytes) {
    return sha256(METADATA_DOMAIN, bytes);
}

/** The key of the cell that an operation names. */
export function cellKey(tenant, operation) {
    return sha256(CELL_DOMAIN, tenant, Uint8Array.of(operation.kind), operation.nameBytes);
}

/** What a record says of a payload: its digest, or that of salt and payload. */
export async function claimOf(payload, salt) {
    const commitment = salt ? await sha256(SALTED_DOMAIN, salt, payload) : await sha256(payload);
    return { length: payload.length, commitment };
}

/** The request that fills these bytes, or null. */
export function readRequest(bytes) {
    if (bytes.length < 134 || bytes.length > REQUEST_MAX) return null;
    if (bytes[0] !== 1 || bytes[1] > OPERATIONS_MAX) return null;
    const operations = [];
    let at = 134;
    for (let count = bytes[1]; count > 0; count--) {
        const operation = readOperation(bytes.subarray(at));
        if (operation === null) return null;
        operations.push(operation);
        at += operation.length;
    }
    if (at !== bytes.length || !isInOrder(operations)) return null;
    return {
        payloadLength: u32(bytes, 2),
        tenant: bytes.subarray(6, 38),
        payload: bytes.subarray(38, 70),
        metadata: bytes.subarray(70, 102),
        idempotency: bytes.subarray(102, 134),
        operations,
    };
}

function readOperation(bytes) {
    if (bytes.length < 3) return null;
    const [code, kind, nameLength] = bytes;
    const name = OPERATIONS[code];
    const hasOperand = code === 1 || code === 4;
    const length = 3 + nameLength + (hasOperand ? 8 : 0);
    if (!name || kind !== 1 || nameLength === 0 || bytes.length < length) return null;
    const nameBytes = bytes.subarray(3, 3 + nameLength);
    const cell = fromUtf8(nameBytes);
    if (cell === null) return null;
    const operand = hasOperand ? u64(bytes, 3 + nameLength) : null;
    if (code === 1 && operand >= 1n << 63n) return null;
    return { name, kind, cell, nameBytes, operand, length, isUpdate: code === 5 };
}

// Guards before updates, and no cell updated twice.
function isInOrder(operations) {
    const firstUpdate = operations.findIndex((operation) => operation.isUpdate);
    if (firstUpdate < 0) return true;
    const updates = operations.slice(firstUpdate);
    const names = new Set(updates.map((operation) => operation.cell));
    return updates.every((operation) => operation.isUpdate) && names.size === updates.length;
}

/** The metadata block that fills these bytes, or null. */
export function readMetadata(bytes) {
    if (bytes.length > METADATA_MAX || bytes[0] !== 1) return null;
    let at = 1;
    const take = (length) => {
        if (at + length > bytes.length) return null;
        at += length;
        return bytes.subarray(at - length, at);
    };
    const takeText = (sizeBytes) => {
        const size = take(sizeBytes);
        const taken = size && take(sizeBytes === 1 ? size[0] : u16(size, 0));
        const text = taken && fromUtf8(taken);
        return text === null || CONTROL.test(text) ? null : { text, bytes: taken };
    };
    const type = takeText(1);
    const contentType = type && takeText(1);
    const count = contentType && take(2);
    if (!count || u16(count, 0) > PAIRS_MAX) return null;
    const pairs = [];
    let lastKey = new Uint8Array(0);
    for (let left = u16(count, 0); left > 0; left--) {
        const key = takeText(1);
        if (!key || compare(key.bytes, lastKey) <= 0) return null;
        const value = takeText(2);
        if (!value) return null;
        pairs.push([key.text, value.text]);
        lastKey = key.bytes;
    }
    if (at !== bytes.length) return null;
    return { type: type.text, contentType: contentType.text, pairs };
}
