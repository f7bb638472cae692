// What a verification came to: verdict, chain of trust, path of the proof, and every check.

import { toBase64, toHex } from '../verifier/bytes.js';
import { chainOf } from './chain.js';
import { code, element, facts, hash, icon } from './dom.js';
import { byteCount, number, plural, time } from './format.js';
import { pathPicture } from './path.js';

/**
 * Shows a report.
 * @param {object} report from verifyReceipt
 * @param {{cautions: string[]}} context what stands against believing it
 */
export function verdictOf(report, { cautions }) {
    const { checks } = report;
    return element(
        'div', { class: 'report' },
        banner(report, cautions),
        chainOf(report),
        element(
            'div', { class: 'columns' },
            element(
                'section', { 'aria-label': 'What the receipt says' },
                element('h3', {}, 'What the receipt says'), recordFacts(report.facts)),
            element(
                'section', { 'aria-label': 'Path of the proof' },
                element('h3', {}, 'Path of the proof'),
                pathPicture(report.facts.path, 'Record')
                    ?? element('p', { class: 'quiet' }, 'There is no proof that can be drawn.'))),
        element(
            'details', { class: 'checks', open: !report.good },
            element('summary', {}, `${plural(checks.length, 'check', 'checks')}, one by one`),
            element('ol', {}, checks.map(checkLine))));
}

function banner({ good, level, checks, facts: found }, cautions) {
    const failed = checks.filter(({ result }) => result === 'failed');
    const state = good ? 'ok' : 'bad';
    return element(
        'div', { class: `banner ${state}`, 'data-verdict': good ? 'verified' : 'refused' },
        icon(state),
        element(
            'div', {},
            element('p', { class: 'verdict' }, verdictText(good, cautions)),
            element('p', {}, good ? goodSentence(found, level) : badSentence(failed)),
            cautions.length === 0 ? null : element(
                'ul', { class: 'cautions' },
                cautions.map((caution) => element('li', {}, caution)))));
}

function verdictText(good, cautions) {
    if (!good) return 'Refused';
    return cautions.length === 0 ? 'Verified' : 'Verified, with cautions';
}

function goodSentence({ record, checkpoint, measurement }, level) {
    const what = record.kind === 'entry' ? 'This entry' : `This ${record.kind}`;
    const size = plural(checkpoint.size, 'record', 'records');
    return `${what} stands at number ${number(record.number)} of ${checkpoint.origin}, under a `
        + `head of ${size} signed by a key that only an enclave with image `
        + `“${measurement.name}” held. Level: ${level}.`;
}

function badSentence(failed) {
    if (failed.length === 0) return 'A check that is needed could not be made.';
    const [first] = failed;
    const name = first.attestationRule ? `${first.rule} (${first.attestationRule})` : first.rule;
    const more = failed.length === 1 ? '' : `, and ${plural(failed.length - 1, 'more', 'more')}`;
    return `Not true: ${first.text} — ${name}${more}.`;
}

function recordFacts(found) {
    const { record, request, metadata, statement, checkpoint, cosignatures } = found;
    if (!record) return element('p', { class: 'quiet' }, 'No record that decodes.');
    const isEntry = record.kind === 'entry';
    return facts([
        ['Number', number(record.number)],
        ['Kind', record.kind],
        ['Recorded', time(record.timeMs)],
        ['Epoch', `${record.epoch}`],
        ['Group', isEntry && record.groupCount > 1
            ? `${record.groupIndex + 1} of ${record.groupCount}` : null],
        ['Payload', isEntry ? byteCount(record.payloadLength) : null],
        ['Payload digest', isEntry ? hash(toHex(record.payload)) : null],
        ['Type', metadata?.type || null],
        ['Content type', metadata?.contentType || null],
        ...(metadata?.pairs ?? []),
        ...streamRows(record, request),
        ['Log', checkpoint ? code(checkpoint.origin) : null],
        ['Log id', statement ? hash(toHex(statement.logId)) : null],
        ['Head', checkpoint ? `${plural(checkpoint.size, 'record', 'records')}` : null],
        ['Root', checkpoint ? hash(toBase64(checkpoint.root)) : null],
        ['Attested', found.document ? time(found.document.timeMs) : null],
        ['Cosigned', cosignatures?.length
            ? cosignatures.map(({ name, seconds }) => `${name} ${time(seconds * 1000n)}`).join('; ')
            : null],
    ]);
}

function streamRows(record, request) {
    const updates = (request?.operations ?? []).filter(({ isUpdate }) => isUpdate);
    return updates.map(({ cell }, index) =>
        ['Stream', `${cell}, version ${record.cells[index]?.value ?? '?'}`]);
}

const STATES = { passed: 'ok', failed: 'bad', not_checked: 'none' };

function checkLine({ rule, text, result, expected, found, reason, attestationRule }) {
    const state = STATES[result];
    return element(
        'li', { class: `check ${state}`, 'data-rule': rule, 'data-result': result },
        icon(state),
        code(rule),
        element('span', { class: 'sentence' }, {
            passed: text,
            failed: `not true: ${text}`,
            not_checked: `not checked: ${reason}`,
        }[result]),
        result !== 'failed' ? null : facts([
            ['Rule', attestationRule ?? null],
            ['Expected', code(expected, { class: 'long' })],
            ['Found', code(found, { class: 'long' })],
        ]));
}

/** What stands against believing a good report, beside who served the page. */
export function cautionsOf(report, policy) {
    const cautions = [];
    if (policy.roots.some(({ isDevelopment }) => isDevelopment)) {
        cautions.push('Insecure: the policy trusts a development root. Whoever holds its key '
            + 'forges any receipt.');
    }
    if (policy.log === null) {
        cautions.push('The policy pins an image, not a log: this is some log of that image.');
    }
    if (report.checks.some(({ rule, excused }) => rule === 'ed25519' && excused)) {
        cautions.push('Ed25519 was not checked here; the ECDSA signature carries the proof.');
    }
    return cautions;
}
