// The certificates of a document, root first (docs/VERIFYING.md rules 34 to 53).

import { equal, fromHex, fromUtf8 } from './bytes.js';
import { signatureFromDer, verifyP384 } from './crypto.js';
import { DerFault, DerReader, TAG } from './der.js';
import { Refusal } from './refusal.js';

const ECDSA_SHA384 = fromHex('300a06082a8648ce3d040303', 12);
const P384_KEY = fromHex('301006072a8648ce3d020106052b81040022', 18);
const SIGNATURE_MAX = 104;
const OID = {
    basic: '2.5.29.19', usage: '2.5.29.15', extended: '2.5.29.37', commonName: '2.5.4.3',
};
const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;

/** One certificate with all that needs no other checked. Throws a Refusal. */
export function readCertificate(der, name) {
    try {
        return read(der, name);
    } catch (fault) {
        if (!(fault instanceof DerFault)) throw fault;
        throw new Refusal('CertificateMalformed', `${name}: DER`, fault.message);
    }
}

function read(der, name) {
    const outer = new DerReader(der);
    const whole = outer.inside(TAG.SEQUENCE);
    if (outer.hasMore) throw new Refusal('CertificateTrailingBytes', `${name}: its end`, 'more');
    const tbsElement = new DerReader(whole.bytes.subarray(whole.at)).element();
    const tbs = whole.inside(TAG.SEQUENCE);
    const outerAlgorithm = whole.element().whole;
    const signature = readSignature(whole.wholeBytes());
    whole.end();
    const version = readVersion(tbs);
    tbs.integer(); // The serial number names nothing here: there is no revocation.
    const innerAlgorithm = tbs.element().whole;
    const issuer = tbs.element().whole;
    const validity = tbs.inside(TAG.SEQUENCE);
    const [notBefore, notAfter] = [validity.time(), validity.time()];
    validity.end();
    const subject = tbs.element().whole;
    const keyInfo = tbs.inside(TAG.SEQUENCE);
    const keyAlgorithm = keyInfo.element().whole;
    const key = keyInfo.wholeBytes();
    keyInfo.end();
    if (version !== 2) {
        throw new Refusal('CertificateVersion', `${name}: version 3`, `${version + 1}`);
    }
    if (!equal(innerAlgorithm, ECDSA_SHA384) || !equal(outerAlgorithm, ECDSA_SHA384)) {
        throw new Refusal('CertificateSignatureAlgorithm', `${name}: ecdsa-with-SHA384`, 'another');
    }
    if (!equal(keyAlgorithm, P384_KEY)) {
        throw new Refusal('CertificateCurve', `${name}: an EC key on P-384`, 'another');
    }
    const extensions = readExtensions(tbs, name);
    return {
        name, tbs: tbsElement.whole, signature, issuer, subject, notBefore, notAfter, key,
        ...extensions,
    };
}

function readVersion(tbs) {
    if ((tbs.peek() & 0xdf) !== 0x80) return 0;
    const version = tbs.inside(0xa0);
    const value = version.smallInteger();
    version.end();
    return value;
}

function readSignature(der) {
    // A certificate's lengths stay below 128 octets as well: r and s have 48 each.
    const raw = signatureFromDer(der, 48, SIGNATURE_MAX);
    if (raw === null) throw new DerFault('not two integers of 48 octets');
    return raw;
}

function readExtensions(tbs, name) {
    const found = { isBasicCritical: false, isCa: false, pathLength: null, usage: 0 };
    if (!tbs.hasMore) return found;
    const explicit = tbs.inside(0xa3);
    tbs.end();
    const extensions = explicit.inside(TAG.SEQUENCE);
    explicit.end();
    const seen = new Set();
    while (extensions.hasMore) {
        const extension = extensions.inside(TAG.SEQUENCE);
        const oid = extension.objectIdentifier();
        const isCritical = extension.optionalTrue();
        const value = new DerReader(extension.content(TAG.OCTET_STRING));
        extension.end();
        if (seen.has(oid)) throw new Refusal('DuplicateExtension', `${name}: each once`, oid);
        seen.add(oid);
        readExtension(found, oid, isCritical, value, name);
    }
    return found;
}

function readExtension(found, oid, isCritical, value, name) {
    switch (oid) {
        case OID.basic:
            found.isBasicCritical = isCritical;
            readBasicConstraints(found, value);
            break;
        case OID.usage:
            found.usage = value.bitString().octets[0] ?? 0;
            value.end();
            break;
        case OID.extended:
            throw new Refusal('ExtendedKeyUsage', `${name}: no extendedKeyUsage`, 'one');
        default:
            if (isCritical) {
                throw new Refusal('UnknownCriticalExtension', `${name}: none but two`, oid);
            }
    }
}

function readBasicConstraints(found, value) {
    const fields = value.inside(TAG.SEQUENCE);
    value.end();
    found.isCa = fields.optionalTrue();
    if (!fields.hasMore) return;
    const length = fields.smallInteger();
    fields.end();
    if (!found.isCa || length < 0) throw new DerFault('bad basicConstraints');
    found.pathLength = length;
}

/** The chain of a document under one root, with all but times and signatures. Throws a Refusal. */
export function readChain(document, root) {
    const { bundle } = document;
    if (!equal(bundle[0], root.der)) {
        throw new Refusal('RootNotTrusted', `cabundle[0] = ${root.name}`, 'another certificate');
    }
    const chain = [...bundle, document.certificate].map((der, index) =>
        readCertificate(der, index < bundle.length ? `cabundle[${index}]` : 'the leaf'));
    checkIssuers(chain);
    checkLeaf(chain[chain.length - 1], document.moduleId);
    return chain;
}

function checkIssuers(chain) {
    const issuers = chain.length - 1;
    for (const [index, certificate] of chain.entries()) {
        const refuse = (rule, expected, found) =>
            new Refusal(rule, `${certificate.name}: ${expected}`, found);
        if (!equal(certificate.issuer, chain[Math.max(0, index - 1)].subject)) {
            throw refuse('IssuerMismatch', 'the subject before as issuer', 'another');
        }
        if (!certificate.isBasicCritical) {
            throw refuse('BasicConstraints', 'critical basicConstraints', 'none');
        }
        if (index === issuers) return;
        if (!certificate.isCa) throw refuse('BasicConstraints', 'CA true', 'CA false');
        const below = issuers - 1 - index;
        if (certificate.pathLength !== null && certificate.pathLength < below) {
            throw refuse('PathLength', `${certificate.pathLength} issuers below it`, `${below}`);
        }
        if ((certificate.usage & KEY_CERT_SIGN) === 0) {
            throw refuse('KeyUsage', 'keyUsage keyCertSign', 'none');
        }
    }
}

function checkLeaf(leaf, moduleId) {
    if (leaf.isCa) throw new Refusal('LeafIsCa', 'the leaf: CA false', 'CA true');
    if ((leaf.usage & (DIGITAL_SIGNATURE | KEY_CERT_SIGN)) !== DIGITAL_SIGNATURE) {
        throw new Refusal('KeyUsage', 'the leaf: digitalSignature without keyCertSign', 'others');
    }
    const name = commonName(leaf.subject) ?? 'none';
    const region = name.slice(moduleId.length + 1, -'.aws'.length);
    if (name !== `${moduleId}.${region}.aws` || !/^[a-z0-9-]+$/.test(region)) {
        throw new Refusal('LeafSubject', `the leaf: common name ${moduleId}.region.aws`, name);
    }
}

/** The one common name in an encoded Name; null for none, several or a bad encoding. */
export function commonName(encoded) {
    try {
        const texts = [];
        const names = new DerReader(encoded).inside(TAG.SEQUENCE);
        while (names.hasMore) {
            const attributes = names.insideSet();
            while (attributes.hasMore) {
                const attribute = attributes.inside(TAG.SEQUENCE);
                if (attribute.objectIdentifier() !== OID.commonName) continue;
                texts.push(textOf(attribute));
                attribute.end();
            }
        }
        return texts.length === 1 ? texts[0] : null;
    } catch (fault) {
        if (fault instanceof DerFault) return null;
        throw fault;
    }
}

function textOf(attribute) {
    const isPrintable = attribute.peek() === TAG.PRINTABLE;
    const text = fromUtf8(attribute.content(isPrintable ? TAG.PRINTABLE : TAG.UTF8));
    if (text === null || (isPrintable && !/^[A-Za-z0-9 '()+,./:=?-]*$/.test(text))) {
        throw new DerFault('a name in another form');
    }
    return text;
}

/** Every certificate is valid at a time in Unix milliseconds, both ends inclusive. */
export function checkTimes(chain, timeMs) {
    const text = (ms) => new Date(ms).toISOString();
    for (const { name, notBefore, notAfter } of chain) {
        if (timeMs < notBefore) {
            throw new Refusal(
                'CertificateNotYetValid', `${name}: a time from ${text(notBefore)}`, text(timeMs));
        }
        if (timeMs > notAfter) {
            throw new Refusal(
                'CertificateExpired', `${name}: a time up to ${text(notAfter)}`, text(timeMs));
        }
    }
}

/**
 * The document is signed by the leaf, and each certificate by the one before it. The root is
 * pinned byte for byte, to which its signature of itself adds nothing.
 */
export async function checkSignatures(chain, document) {
    const leaf = chain.length - 1;
    const whole = 'the document';
    await check(chain[leaf], document.signed, document.signature, 'CoseSignature', whole);
    for (let index = 1; index <= leaf; index++) {
        const { tbs, signature, name } = chain[index];
        await check(chain[index - 1], tbs, signature, 'CertificateSignature', name);
    }
}

async function check(signer, data, signature, rule, what) {
    const holds = await verifyP384(signer.key, data, signature);
    if (holds === null) {
        throw new Refusal('CertificateKey', `${signer.name}: a point on P-384`, 'none');
    }
    if (!holds) throw new Refusal(rule, `${what} signed by ${signer.name}`, 'another signature');
}
