// The chain of trust as a row of steps: each is held by the one before it, from the root on.

import { toHex } from '../verifier/bytes.js';
import { element, icon } from './dom.js';
import { number, shortHex } from './format.js';

const OF_THE_ROOT = ['RootNotTrusted'];
const OF_THE_IMAGE = ['DebugMode', 'PcrNotSha384', 'PcrMissing', 'PcrMismatch'];

const STEPS = [
    { name: 'Root', rules: ['attestation'], about: aboutRoot },
    { name: 'Document', rules: ['attestation'], about: aboutDocument },
    { name: 'Image', rules: ['attestation', 'measurement-retired'], about: aboutImage },
    {
        name: 'Epoch key',
        rules: [
            'statement-format', 'epoch-public-key', 'epoch-domain', 'epoch-statement', 'log-id',
            'configuration', 'statement-number', 'statement-inclusion',
        ],
        about: ({ statement }) => statement && `epoch ${statement.epoch}`,
    },
    {
        name: 'Signed head',
        rules: [
            'checkpoint-format', 'origin', 'signature-lines', 'ecdsa', 'ed25519', 'cosignature',
            'witness-quorum',
        ],
        about: ({ checkpoint }) => checkpoint && `size ${number(checkpoint.size)}`,
    },
    {
        name: 'Record',
        rules: [
            'receipt-format', 'record-format', 'record-epoch', 'record-number', 'record-inclusion',
        ],
        about: ({ record }) => record && `number ${number(record.number)}`,
    },
    {
        name: 'Content',
        rules: ['request-format', 'metadata-format', 'request', 'cells', 'metadata', 'payload'],
        about: ({ record }) => record && (record.kind === 'entry' ? 'as asked' : record.kind),
    },
];

const WORDS = { ok: 'holds', bad: 'refused', none: 'not checked' };

/** The steps of a report, each with its state. */
export function chainOf({ checks, facts }) {
    const outcomes = new Map(checks.map((check) => [check.rule, check]));
    const items = STEPS.map((step) => {
        const state = stateOf(step, outcomes);
        return element(
            'li', { class: `step ${state}` },
            icon(state),
            element('span', { class: 'step-name' }, step.name),
            element('span', { class: 'step-about' }, step.about(facts) || '—'),
            element('span', { class: 'visually-hidden' }, `: ${WORDS[state]}`));
    });
    return element('ol', { class: 'chain', 'aria-label': 'Chain of trust, from the root' }, items);
}

function stateOf({ name, rules }, outcomes) {
    const attestation = outcomes.get('attestation');
    if (attestation.result === 'failed' && rules.includes('attestation')) {
        return stateOfRefused(name, attestation.attestationRule);
    }
    const mine = rules.map((rule) => outcomes.get(rule));
    if (mine.some(({ result }) => result === 'failed')) return 'bad';
    if (mine.some(({ result, excused }) => result === 'not_checked' && !excused)) return 'none';
    return mine.some(({ result }) => result === 'passed') ? 'ok' : 'none';
}

// One rule covers three steps. What was not reached is not checked; the image comes last.
function stateOfRefused(step, rule) {
    const isImage = OF_THE_IMAGE.includes(rule);
    if (OF_THE_ROOT.includes(rule)) return step === 'Root' ? 'bad' : 'none';
    if (step === 'Image') return isImage ? 'bad' : 'none';
    if (step === 'Document') return isImage ? 'ok' : 'bad';
    return isImage ? 'ok' : 'none';
}

function aboutRoot({ root }) {
    return root && (root.isDevelopment ? 'development' : 'AWS Nitro G1');
}

function aboutDocument({ document: said }) {
    return said && new Date(said.timeMs).toISOString().slice(0, 10);
}

function aboutImage({ measurement, document: said }) {
    if (measurement) return measurement.name;
    return said?.pcrs.has(0) ? shortHex(toHex(said.pcrs.get(0))) : null;
}
