// Verifies a receipt under a trust policy, offline, step by step as docs/PROTOCOL.md section 11
// and docs/VERIFYING.md say. Written from those pages alone.

import { equal, toHex } from './bytes.js';
import { checkInclusion, verifyHead } from './head.js';
import { readReceipt } from './receipt.js';
import { readRecord, readStatement } from './records.js';
import { cellKey, metadataDigest, readMetadata, readRequest, requestDigest } from './request.js';
import { Checks, isGood } from './rules.js';

const SEALED = 2;

/**
 * Every rule with its outcome, and what the receipt says.
 * @param {Uint8Array} bytes the receipt, JSON or tlog-proof
 * @param {object} policy from readPolicy
 * @param {{length: number, commitment: Uint8Array}} [payload] from claimOf
 */
export async function verifyReceipt(bytes, policy, payload) {
    const checks = new Checks();
    const { receipt, fault } = readReceipt(bytes);
    if (!receipt) {
        checks.fail('receipt-format', 'a receipt in its one form', fault);
        checks.leaveOutOthers('the receipt does not decode');
        return report(checks, policy, {});
    }
    checks.pass('receipt-format');
    if (policy.log === null && await readStatement(receipt.epoch.statement) === null) {
        checks.fail('statement-format', 'an epoch statement', 'other bytes');
        checks.leaveOutOthers('the statement, which names the log, does not decode');
        return report(checks, policy, {});
    }
    const head = await verifyHead(checks, policy, receipt.checkpoint, receipt.epoch);
    const record = await checkRecord(checks, receipt, head, payload);
    return report(checks, policy, { ...head, ...record });
}

function report(checks, policy, facts) {
    const list = checks.list();
    const good = isGood(list);
    const level = policy.log?.witnesses?.quorum ? 'witnessed' : 'durable';
    return { good, level: good ? level : null, checks: list, facts };
}

async function checkRecord(checks, receipt, { statement, checkpoint }, payload) {
    const record = await readRecord(receipt.record);
    if (!checks.expect('record-format', record !== null, 'a record', 'other bytes')) {
        checks.leaveOut(
            'the record does not decode', 'request-format', 'metadata-format', 'record-epoch',
            'record-number', 'record-inclusion', 'request', 'cells', 'metadata', 'payload');
        return {};
    }
    const path = await checkPosition(checks, record, receipt.inclusion, statement, checkpoint);
    const said = record.kind === 'entry'
        ? await checkEntry(checks, record, receipt)
        : checkNoEntry(checks, record.kind, receipt);
    checkPayload(checks, record, payload);
    return { record, path, ...said };
}

async function checkPosition(checks, record, proof, statement, checkpoint) {
    if (!statement) {
        checks.leaveOut('the statement does not decode', 'record-epoch');
    } else {
        checks.expect(
            'record-epoch', fitsEpoch(record, statement, checkpoint),
            `a record that fits epoch ${statement.epoch}, which begins at ${statement.number}`,
            `epoch ${record.epoch}, number ${record.number}`);
    }
    if (!checkpoint) {
        checks.leaveOut('the checkpoint does not decode', 'record-number', 'record-inclusion');
        return null;
    }
    checks.expect(
        'record-number', record.number < checkpoint.size,
        `below the head’s size ${checkpoint.size}`, `${record.number}`);
    return checkInclusion(
        checks, 'record-inclusion', record.number, record.bytes, proof, checkpoint);
}

function fitsEpoch(record, statement, checkpoint) {
    const isOwn = record.epoch === statement.epoch;
    const isPlaced = isOwn
        ? record.number >= statement.number
        : record.epoch < statement.epoch && record.number < statement.number;
    // An epoch has one statement, at its first number, and that number has nothing else.
    const mustBeStatement = record.number === statement.number
        || (record.kind === 'statement' && isOwn);
    const isStatement = equal(record.bytes, statement.bytes);
    return isPlaced && (!mustBeStatement || isStatement) && isSealed(record, statement, checkpoint);
}

// A seal ends the statement's epoch or the one before it, and the statement says which it was.
function isSealed(record, statement, checkpoint) {
    const isSeal = record.kind === 'seal';
    const isJustBefore = record.number + 1n === statement.number;
    if (isJustBefore && isSeal !== (statement.previousEnd === SEALED)) return false;
    if (!isSeal) return true;
    if (record.epoch === statement.epoch) {
        return equal(record.statement, statement.hash)
            && (!checkpoint || record.number === checkpoint.size - 1n);
    }
    return record.epoch + 1 === statement.epoch
        ? isJustBefore && equal(record.statement, statement.previousStatement)
        : !isJustBefore;
}

async function checkEntry(checks, record, receipt) {
    const request = readRequest(receipt.request);
    if (checks.expect('request-format', request !== null, 'a request', 'other bytes')) {
        await checkRequest(checks, record, request, receipt.request);
        await checkCells(checks, record, request);
    } else {
        checks.leaveOut('the request does not decode', 'request', 'cells');
    }
    const metadata = readMetadata(receipt.metadata);
    if (checks.expect('metadata-format', metadata !== null, 'a metadata block', 'other bytes')) {
        const digest = await metadataDigest(receipt.metadata);
        checks.expect(
            'metadata', equal(digest, record.metadata), toHex(record.metadata), toHex(digest));
    } else {
        checks.leaveOut('the metadata do not decode', 'metadata');
    }
    return { request, metadata };
}

async function checkRequest(checks, record, request, bytes) {
    const differing = Object.entries({
        'request digest': !equal(record.request, await requestDigest(bytes)),
        'tenant': !equal(record.tenant, request.tenant),
        'payload commitment': !equal(record.payload, request.payload),
        'payload length': record.payloadLength !== request.payloadLength,
        'metadata digest': !equal(record.metadata, request.metadata),
        'idempotency digest': !equal(record.idempotency, request.idempotency),
    }).filter(([, differs]) => differs).map(([name]) => name);
    checks.expect(
        'request', differing.length === 0,
        'the request that the record names', `another ${differing.join(', ')}`);
}

async function checkCells(checks, record, request) {
    const updates = request.operations.filter((operation) => operation.isUpdate);
    const keys = await Promise.all(updates.map((update) => cellKey(request.tenant, update)));
    const holds = keys.length === record.cells.length
        && keys.every((key, index) => equal(key, record.cells[index].key));
    checks.expect(
        'cells', holds, `the cells that the request updates, ${keys.length}`,
        `${record.cells.length} cells, another number or another key`);
}

function checkNoEntry(checks, kind, { request, metadata }) {
    const none = `none for a ${kind}`;
    checks.expect('request-format', request.length === 0, none, `${request.length} bytes`);
    checks.expect('metadata-format', metadata.length === 0, none, `${metadata.length} bytes`);
    checks.excuse(`the record is a ${kind}`, 'request', 'cells', 'metadata');
    return {};
}

function checkPayload(checks, record, given) {
    if (!given) {
        const isEntry = record.kind === 'entry';
        const reason = isEntry ? 'no payload was given' : `the record is a ${record.kind}`;
        checks.excuse(reason, 'payload');
        return;
    }
    const text = (length, digest) => `${length} bytes with digest ${toHex(digest)}`;
    const found = text(given.length, given.commitment);
    if (record.kind !== 'entry') {
        checks.fail('payload', `none for a ${record.kind}`, found);
        return;
    }
    const expected = text(record.payloadLength, record.payload);
    checks.expect('payload', expected === found, expected, found);
}
