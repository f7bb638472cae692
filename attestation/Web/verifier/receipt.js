// A receipt in its one form, JSON or tlog-proof (docs/PROTOCOL.md section 9): read it, write it,
// compare. So nothing is accepted that the writer would not write, whatever the reader bears.

import { fromBase64, fromDecimal, fromUtf8, toBase64, u64, utf8 } from './bytes.js';
import { DOCUMENT_MAX } from './document.js';
import { NOTE_MAX, readNote } from './note.js';
import { RECORD_MAX } from './records.js';
import { METADATA_MAX, REQUEST_MAX } from './request.js';

export const RECEIPT_MAX = 393_216;

const FORMAT = 'sequencer-receipt/v1';
const PROOF_LINE = 'c2sp.org/tlog-proof@v1';
const EXTRA_MAX = 131_072;
const HASHES_MAX = 63;
// What a JSON string would have to escape, line feed apart, and DEL, which no note has.
const ESCAPED = /["\\\u0000-\u0009\u000b-\u001f\u007f]/;

/**
 * The parts of a receipt, undecoded: { receipt }, or { fault } for people. JSON and tlog-proof are
 * told apart by their first bytes.
 */
export function readReceipt(bytes) {
    if (bytes.length > RECEIPT_MAX) return { fault: `more than ${RECEIPT_MAX} bytes` };
    const text = fromUtf8(bytes);
    if (text === null) return { fault: 'not UTF-8' };
    return text.startsWith('c2sp.org/tlog-proof@') ? readProof(text) : readReceiptJson(text);
}

function readReceiptJson(text) {
    const json = parse(text);
    const receipt = json && partsOf(json, json.inclusion, json.checkpoint);
    if (!receipt) return { fault: 'not the members of a receipt, within their limits' };
    if (writeReceipt(receipt) !== text) {
        return { fault: 'not in its one form: no spaces, one line feed at the end' };
    }
    return { receipt };
}

function readProof(text) {
    const blank = text.indexOf('\n\n');
    if (blank < 0) return { fault: 'a tlog-proof without an empty line' };
    const [first, ...lines] = text.slice(0, blank).split('\n');
    const extra = lines.shift()?.match(/^extra (.+)$/);
    const index = lines.shift()?.match(/^index (.+)$/);
    const bytes = extra && fromBase64(extra[1]);
    const extraText = bytes && bytes.length <= EXTRA_MAX && fromUtf8(bytes);
    if (first !== PROOF_LINE || !extraText || !index) return { fault: 'not the lines of a proof' };
    const json = parse(extraText);
    const checkpoint = text.slice(blank + 2);
    const receipt = json && readNote(utf8(checkpoint)) && partsOf(json, lines, checkpoint);
    if (!receipt || writeExtra(receipt) !== extraText) return { fault: 'not a receipt’s extra' };
    const number = fromDecimal(index[1]);
    const { record } = receipt;
    if (record.length < 56 || number === null || u64(record, 8) !== number) {
        return { fault: 'index: not the number of the record' };
    }
    return { receipt };
}

function parse(text) {
    try {
        const json = JSON.parse(text);
        return json?.format === FORMAT ? json : null;
    } catch {
        return null;
    }
}

function partsOf(json, inclusion, checkpoint) {
    const { epoch } = json;
    const receipt = {
        record: base64(json.record, RECORD_MAX),
        request: base64(json.request, REQUEST_MAX),
        metadata: base64(json.metadata, METADATA_MAX),
        inclusion: hashes(inclusion),
        checkpoint: noteText(checkpoint),
        epoch: {
            statement: base64(epoch?.statement, RECORD_MAX),
            inclusion: hashes(epoch?.inclusion),
            document: base64(epoch?.document, DOCUMENT_MAX),
        },
    };
    const all = [...Object.values(receipt), ...Object.values(receipt.epoch)];
    return all.includes(null) ? null : receipt;
}

function base64(text, max) {
    const bytes = typeof text === 'string' ? fromBase64(text) : null;
    return bytes !== null && bytes.length <= max ? bytes : null;
}

function hashes(texts) {
    if (!Array.isArray(texts) || texts.length > HASHES_MAX) return null;
    const read = texts.map((text) => base64(text, 32));
    return read.every((hash) => hash?.length === 32) ? read : null;
}

function noteText(text) {
    if (typeof text !== 'string' || ESCAPED.test(text)) return null;
    return utf8(text).length <= NOTE_MAX ? text : null;
}

function writeReceipt(receipt) {
    const checkpoint = receipt.checkpoint.replaceAll('\n', '\\n');
    const between = `,"inclusion":${list(receipt.inclusion)},"checkpoint":"${checkpoint}"`;
    return write(receipt, between) + '\n';
}

function writeExtra(receipt) {
    return write(receipt, '');
}

function write({ record, request, metadata, epoch }, between) {
    return `{"format":"${FORMAT}","record":"${toBase64(record)}","request":"${toBase64(request)}",`
        + `"metadata":"${toBase64(metadata)}"${between},`
        + `"epoch":{"statement":"${toBase64(epoch.statement)}",`
        + `"inclusion":${list(epoch.inclusion)},"document":"${toBase64(epoch.document)}"}}`;
}

function list(items) {
    return `[${items.map((item) => `"${toBase64(item)}"`).join(',')}]`;
}
