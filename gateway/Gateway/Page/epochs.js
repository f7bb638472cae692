// The enclaves that signed: what their statements and attestation documents say, read here.

import { equal, fromBase64, toBase64, toHex } from '../../../attestation/Web/verifier/bytes.js';
import { readDocument } from '../../../attestation/Web/verifier/document.js';
import { POLICY_FORMAT } from '../../../attestation/Web/verifier/policy.js';
import { readStatement } from '../../../attestation/Web/verifier/records.js';
import { Refusal } from '../../../attestation/Web/verifier/refusal.js';
import { AWS_ROOT_NAME, awsRoot } from '../../../attestation/Web/verifier/roots.js';
import { byId, code, element, facts, hash } from '../../../attestation/Web/page/dom.js';
import { number, plural, time } from '../../../attestation/Web/page/format.js';
import { getJson } from './api.js';

const SHOWN = 6;
const ENDS = ['the first', 'after one that ended unplanned', 'after one that was sealed'];

/** Every epoch with its statement and document, newest first; null for an unreadable part. */
export async function loadEpochs() {
    const { epochs } = await getJson('/v1/epochs');
    const read = await Promise.all(epochs.map(async (epoch) => ({
        ...epoch,
        statement: await readStatement(fromBase64(epoch.statement) ?? new Uint8Array(0)),
        document: documentOf(epoch.document),
    })));
    return read.reverse();
}

function documentOf(base64) {
    try {
        return readDocument(fromBase64(base64) ?? new Uint8Array(0));
    } catch (fault) {
        if (fault instanceof Refusal) return null;
        throw fault;
    }
}

/** Shows the newest epochs. */
export async function showEpochs(epochs) {
    const aws = await awsRoot();
    byId('epoch-count').textContent = plural(epochs.length, 'epoch', 'epochs');
    byId('epochs').replaceChildren(...epochs.slice(0, SHOWN).map((epoch, index) =>
        card(epoch, aws, index === 0)));
    byId('epochs-more').textContent = epochs.length <= SHOWN
        ? '' : `and ${number(epochs.length - SHOWN)} before these: /v1/epochs has all.`;
}

function card({ epoch, number: place, statement, document: said }, aws, isNewest) {
    const isAws = said !== null && equal(said.bundle[0], aws.der);
    return element(
        'li', { class: 'card epoch' },
        element(
            'div', { class: 'epoch-head' },
            element('h3', {}, `Epoch ${epoch}`),
            isNewest ? element('span', { class: 'tag now' }, 'signing now') : null,
            said === null ? null : element(
                'span', { class: isAws ? 'tag' : 'tag caution' },
                isAws ? 'AWS Nitro root' : 'another root than AWS’s')),
        facts([
            ['Begins at', element('a', { href: `#${place}` }, `record ${number(place)}`)],
            ['Opened', statement ? time(statement.timeMs) : 'the statement does not decode'],
            ['Follows', statement ? ENDS[statement.previousEnd] : null],
            ['Attested', said ? time(said.timeMs) : 'the document does not decode'],
            ['Enclave', said ? code(said.moduleId, { class: 'long' }) : null],
            ...[0, 1, 2].map((index) => [
                `PCR${index}`, said?.pcrs.has(index) ? hash(toHex(said.pcrs.get(index))) : null]),
        ]));
}

/**
 * A trust policy from what this gateway tells, taken at its word: log, configuration, images and
 * root. It only shows what a policy is; text for a person to read and compare.
 */
export async function draftPolicy(epochs) {
    const readable = epochs.filter(({ statement, document: said }) => statement && said);
    if (readable.length === 0) throw new Error('The log has no epoch that could be read.');
    const { statement } = readable[0];
    const aws = await awsRoot();
    const roots = unique(readable.map(({ document: said }) => toBase64(said.bundle[0])));
    const development = roots.filter((root) => root !== toBase64(aws.der));
    const images = unique(readable.map(({ document: said }) =>
        [0, 1, 2].map((index) => toHex(said.pcrs.get(index) ?? new Uint8Array(0))).join()));
    const policy = {
        format: POLICY_FORMAT,
        log_id: toHex(statement.logId),
        origin: statement.configuration.origin,
        configuration: statement.configuration.text,
        measurements: images.map((image, index) => {
            const [pcr0, pcr1, pcr2] = image.split(',');
            return { name: `presented ${index + 1}`, pcr0, pcr1, pcr2 };
        }),
        roots: development.length < roots.length ? [AWS_ROOT_NAME] : undefined,
        insecure_development_roots: development.length > 0 ? development : undefined,
    };
    return JSON.stringify(policy, null, 2);
}

function unique(texts) {
    return [...new Set(texts)];
}
