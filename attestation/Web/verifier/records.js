// Records: entry, epoch statement, seal, snapshot (docs/PROTOCOL.md sections 4 and 5).

import { equal, fromHex, isZero, u16, u32, u64, utf8 } from './bytes.js';
import { readConfiguration } from './configuration.js';
import { p256KeyInfo, sha256 } from './crypto.js';

export const RECORD_MAX = 65_535;

const OPERATIONS_MAX = 64;
const GROUP_MAX = 4_096;
const PREDECESSORS_MAX = 64;
const NO_LEAVES =
    fromHex('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 32);
const LOG_DOMAIN = utf8('seq-log/v1\0');
const KINDS = [null, 'entry', 'statement', 'seal', 'snapshot'];

/** The record that fills these bytes, or null. */
export async function readRecord(bytes) {
    if (bytes.length < 56 || bytes.length > RECORD_MAX || bytes[0] !== 1) return null;
    const header = {
        bytes,
        kind: KINDS[bytes[1]],
        count: u16(bytes, 2),
        epoch: u32(bytes, 4),
        number: u64(bytes, 8),
        timeMs: u64(bytes, 16),
        previous: bytes.subarray(24, 56),
    };
    switch (header.kind) {
        case 'entry': return readEntry(header, bytes);
        case 'statement': return readStatementFields(header, bytes);
        case 'seal': return readSeal(header, bytes);
        case 'snapshot': return readSnapshot(header, bytes);
        default: return null;
    }
}

/** The epoch statement that fills these bytes, with hash and log id, or null. */
export async function readStatement(bytes) {
    const statement = await readRecord(bytes);
    if (statement?.kind !== 'statement') return null;
    const logId = statement.epoch === 0 ? await sha256(LOG_DOMAIN, bytes) : statement.logIdField;
    return { ...statement, logId, hash: await sha256(bytes) };
}

function readEntry(header, bytes) {
    if (header.count > OPERATIONS_MAX || bytes.length !== 224 + 40 * header.count) return null;
    const groupIndex = u16(bytes, 56);
    const groupCount = u16(bytes, 58);
    if (groupCount === 0 || groupCount > GROUP_MAX || groupIndex >= groupCount) return null;
    const cells = [];
    for (let at = 224; at < bytes.length; at += 40) {
        const value = BigInt.asIntN(64, u64(bytes, at + 32));
        cells.push({ key: bytes.subarray(at, at + 32), value });
    }
    return {
        ...header,
        groupIndex,
        groupCount,
        payloadLength: u32(bytes, 60),
        tenant: bytes.subarray(64, 96),
        payload: bytes.subarray(96, 128),
        metadata: bytes.subarray(128, 160),
        request: bytes.subarray(160, 192),
        idempotency: bytes.subarray(192, 224),
        cells,
    };
}

async function readStatementFields(header, bytes) {
    const configurationAt = 288 + 144 * header.count;
    if (header.count > PREDECESSORS_MAX || bytes.length < configurationAt) return null;
    if (u32(bytes, 60) !== bytes.length - configurationAt) return null;
    if (!isZero(bytes.subarray(57, 60))) return null;
    for (let at = 288; at < configurationAt; at += 48) {
        if (isZero(bytes.subarray(at, at + 48))) return null;
    }
    const configuration = await readConfiguration(bytes.subarray(configurationAt));
    if (configuration === null) return null;
    const statement = {
        ...header,
        previousEnd: bytes[56],
        logIdField: bytes.subarray(64, 96),
        previousRoot: bytes.subarray(96, 128),
        previousStatement: bytes.subarray(128, 160),
        nonce: bytes.subarray(160, 192),
        ed25519: bytes.subarray(192, 224),
        p256: bytes.subarray(224, 288),
        p256Info: p256KeyInfo(bytes.subarray(224, 288)),
        configuration,
    };
    return isConsistent(statement) ? statement : null;
}

// The genesis has nothing before it and says so in every field; every other statement has.
function isConsistent(s) {
    if (s.epoch > 0) return s.number > 0n && (s.previousEnd === 1 || s.previousEnd === 2);
    return s.number === 0n && s.previousEnd === 0 && isZero(s.previous) && isZero(s.logIdField)
        && isZero(s.previousStatement) && equal(s.previousRoot, NO_LEAVES);
}

function readSeal(header, bytes) {
    if (header.count !== 0 || header.number === 0n || bytes.length !== 88) return null;
    return { ...header, statement: bytes.subarray(56, 88) };
}

function readSnapshot(header, bytes) {
    const ones = [...header.number.toString(2)].filter((bit) => bit === '1').length;
    if (header.number === 0n || header.number >= 1n << 63n || header.count !== ones) return null;
    return bytes.length === 168 + 32 * ones ? header : null;
}
