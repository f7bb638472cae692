// The form of an attestation document: envelope and payload map (docs/VERIFYING.md rules 1 to 33).

import { concat, equal, fromHex, isZero, utf8 } from './bytes.js';
import { CborReader, KIND } from './cbor.js';
import { Refusal } from './refusal.js';

export const DOCUMENT_MAX = 16_384;
export const CERTIFICATE_MAX = 1_024;

const PAYLOAD_MAX = 12_288;
const OPTION_MAX = 4_096;
const NAME_MAX = 64;
const MODULE_ID_MAX = 255;
const FIELDS_MAX = 32;
const DEPTH_MAX = 8;
const TIME_MAX_MS = 253_402_300_799_999n; // The end of the year 9999.
const ES384 = fromHex('a1013822', 4);
const SIGNATURE_START = concat(
    Uint8Array.of(0x84, 0x6a), utf8('Signature1'), Uint8Array.of(0x44), ES384, Uint8Array.of(0x40));

/** What a document says, nothing of it verified. Throws a Refusal. */
export function readDocument(bytes) {
    if (bytes.length > DOCUMENT_MAX) {
        throw new Refusal('DocumentSize', `at most ${DOCUMENT_MAX} bytes`, `${bytes.length}`);
    }
    const { payload, signature } = readEnvelope(new CborReader(bytes));
    return { ...readPayload(new CborReader(payload)), signature, signed: toBeSigned(payload) };
}

/** PCR0, PCR1 and PCR2 are there and all zero: the parent can read such an enclave. */
export function isDebugMode(document) {
    return [0, 1, 2].every((index) => document.pcrs.has(index) && isZero(document.pcrs.get(index)));
}

function readEnvelope(cbor) {
    const what = 'an array of four items';
    if (cbor.peekKind() === KIND.TAG) {
        const tag = cbor.take(KIND.TAG, 'a tag', 'CoseShape');
        if (tag !== 18n || cbor.peekKind() === KIND.TAG) {
            throw new Refusal('CoseTag', 'no tag or one tag 18', `tag ${tag}`);
        }
    }
    if (cbor.start(KIND.ARRAY, 4, false, what, 'CoseShape', 'CoseShape') !== 4) {
        throw new Refusal('CoseShape', what, 'fewer');
    }
    const header = cbor.byteString(DOCUMENT_MAX, 'a protected header', 'CoseShape', 'CoseShape');
    if (!equal(header, ES384)) {
        throw new Refusal('ProtectedHeader', 'a1013822 (ES384)', `${header.length} other bytes`);
    }
    readUnprotectedHeader(cbor);
    if (cbor.takeNull()) throw new Refusal('PayloadMissing', 'an attached payload', 'null');
    const payload = cbor.byteString(PAYLOAD_MAX, 'the payload', 'CoseShape', 'PayloadSize');
    if (payload.length === 0) {
        throw new Refusal('PayloadMissing', 'an attached payload', 'no bytes');
    }
    const signature = cbor.byteString(DOCUMENT_MAX, 'the signature', 'CoseShape', 'CoseShape');
    if (signature.length !== 96) {
        throw new Refusal('SignatureLength', '96 bytes', `${signature.length}`);
    }
    cbor.end('the end of the document');
    return { payload, signature };
}

function readUnprotectedHeader(cbor) {
    try {
        cbor.start(KIND.MAP, 0, false, 'the unprotected header', 'type', 'count');
    } catch (fault) {
        if (!(fault instanceof Refusal) || fault.rule === 'CborTruncated') throw fault;
        throw new Refusal('UnprotectedHeader', 'an empty map', 'another item');
    }
}

/** Sig_structure of RFC 9052 section 4.4. */
function toBeSigned(payload) {
    const length = payload.length;
    const head = length < 24
        ? [0x40 | length]
        : length < 0x100 ? [0x58, length] : [0x59, length >> 8, length & 0xff];
    return concat(SIGNATURE_START, Uint8Array.from(head), payload);
}

const READERS = {
    module_id: readModuleId,
    digest: readDigest,
    timestamp: readTimestamp,
    pcrs: readPcrs,
    certificate: (cbor) => readCertificate(cbor, 'CertificateSize'),
    cabundle: readBundle,
    public_key: readOption,
    user_data: readOption,
    nonce: readOption,
};

function readPayload(cbor) {
    const fields = new Map();
    const what = 'a map as payload';
    const pairs = cbor.elements(KIND.MAP, FIELDS_MAX, true, what, 'PayloadNotMap', 'FieldCount');
    for (const _ of pairs) {
        const name = cbor.textString(NAME_MAX, 'a short text as key', 'FieldName', 'FieldName');
        if (name === 'nitrotpm_pcrs') throw new Refusal('NitroTpm', 'an enclave', name);
        if (fields.has(name)) throw new Refusal('DuplicateField', 'each field once', name);
        // Unknown fields are passed over: one more from the device must not stop all verifiers.
        const read = Object.hasOwn(READERS, name) ? READERS[name] : skipField;
        fields.set(name, read(cbor, name));
    }
    cbor.end(what);
    for (const name of ['module_id', 'digest', 'timestamp', 'pcrs', 'certificate', 'cabundle']) {
        if (!fields.has(name)) throw new Refusal('FieldMissing', name, 'none');
    }
    return {
        moduleId: fields.get('module_id'),
        timeMs: fields.get('timestamp'),
        pcrs: fields.get('pcrs'),
        certificate: fields.get('certificate'),
        bundle: fields.get('cabundle'),
        publicKey: fields.get('public_key') ?? null,
        userData: fields.get('user_data') ?? null,
        nonce: fields.get('nonce') ?? null,
    };
}

function skipField(cbor) {
    cbor.skip(DEPTH_MAX, 'an ignored value', 'FieldType');
}

function readModuleId(cbor) {
    const what = 'module_id, 1 to 255 printable ASCII characters';
    const name = cbor.textString(MODULE_ID_MAX, what, 'FieldType', 'ModuleId');
    if (!/^[!-~]+$/.test(name)) throw new Refusal('ModuleId', what, 'others');
    if (name.includes('-tpm')) throw new Refusal('NitroTpm', 'an enclave', name);
    return name;
}

function readDigest(cbor) {
    const name = cbor.textString(NAME_MAX, 'digest SHA384', 'FieldType', 'DigestAlgorithm');
    if (name !== 'SHA384') throw new Refusal('DigestAlgorithm', 'SHA384', name);
    return name;
}

function readTimestamp(cbor) {
    const time = cbor.take(KIND.UINT, 'an unsigned timestamp', 'FieldType');
    if (time === 0n || time > TIME_MAX_MS) {
        throw new Refusal('Timestamp', `1 to ${TIME_MAX_MS} ms`, `${time} ms`);
    }
    return Number(time);
}

function readPcrs(cbor) {
    const pcrs = new Map();
    for (const _ of cbor.elements(KIND.MAP, 32, true, 'PCRs', 'FieldType', 'PcrCount')) {
        const index = Number(cbor.take(KIND.UINT, 'a PCR index', 'FieldType'));
        if (index > 31) throw new Refusal('PcrIndex', '0 to 31', `${index}`);
        const value = cbor.byteString(64, `PCR${index}`, 'FieldType', 'PcrLength');
        if (![32, 48, 64].includes(value.length)) {
            throw new Refusal('PcrLength', '32, 48 or 64 bytes', `${value.length} in PCR${index}`);
        }
        if (pcrs.has(index)) throw new Refusal('DuplicatePcr', 'each once', `PCR${index} twice`);
        pcrs.set(index, value);
    }
    if (pcrs.size === 0) throw new Refusal('PcrCount', '1 to 32 PCRs', 'none');
    return pcrs;
}

function readBundle(cbor) {
    const bundle = [];
    const what = '1 to 8 certificates';
    for (const _ of cbor.elements(KIND.ARRAY, 8, true, what, 'FieldType', 'CaBundleCount')) {
        bundle.push(readCertificate(cbor, 'CaBundleEntrySize'));
    }
    if (bundle.length === 0) throw new Refusal('CaBundleCount', what, 'none');
    return bundle;
}

function readCertificate(cbor, sizeRule) {
    const what = `a certificate of 1 to ${CERTIFICATE_MAX} bytes`;
    const bytes = cbor.byteString(CERTIFICATE_MAX, what, 'FieldType', sizeRule);
    if (bytes.length === 0) throw new Refusal(sizeRule, what, 'no bytes');
    return bytes;
}

function readOption(cbor, name) {
    if (cbor.takeNull()) return null;
    return cbor.byteString(OPTION_MAX, `${name}, at most 4 KiB`, 'FieldType', 'OptionSize');
}
