// The page that verifies a receipt from files, with no network at all.

import { fromHex, utf8 } from '../verifier/bytes.js';
import { POLICY_MAX, readPolicy } from '../verifier/policy.js';
import { RECEIPT_MAX } from '../verifier/receipt.js';
import { claimOf } from '../verifier/request.js';
import { verifyReceipt } from '../verifier/verify.js';
import { byId } from './dom.js';
import { byteCount } from './format.js';
import { bytesOf, bytesOfText, refuseStrayDrops, takeFiles } from './inputs.js';
import { cautionsOf, verdictOf } from './verdict.js';

const PAYLOAD_MAX = 2 ** 30;

const given = { receipt: null, policy: null, payload: null };
let runs = 0;

function listen(kind, max) {
    takeFiles(byId(`${kind}-area`), byId(`${kind}-file`), async (file) => {
        const bytes = await bytesOf(file, max);
        given[kind] = bytes;
        say(kind, bytes ? `${file.name}, ${byteCount(file.size)}` : `${file.name} is too large`);
        if (byId(`${kind}-text`)) byId(`${kind}-text`).value = '';
        await verify();
    });
    byId(`${kind}-text`)?.addEventListener('input', async (event) => {
        const text = event.target.value;
        const isEmpty = text.trim() === '';
        given[kind] = isEmpty ? null : kind === 'policy' ? utf8(text) : bytesOfText(text);
        say(kind, isEmpty ? 'none yet' : 'pasted');
        await verify();
    });
}

function say(kind, text) {
    byId(`${kind}-given`).textContent = text;
}

async function verify() {
    const run = ++runs;
    const salt = saltOf();
    const missing = missingText(salt);
    const { policy, fault } = given.policy ? await readPolicy(given.policy) : {};
    if (missing || fault) {
        show(run, missing ?? `This is no trust policy: ${fault}.`, []);
        return;
    }
    const claim = given.payload ? await claimOf(given.payload, salt) : undefined;
    const report = await verifyReceipt(given.receipt, policy, claim);
    const words = report.good ? 'Verified.' : 'Refused.';
    show(run, words, [verdictOf(report, { cautions: cautionsOf(report, policy) })]);
}

/** The salt as bytes, null for none, or undefined for what is no salt. */
function saltOf() {
    const text = byId('salt').value.trim();
    return text === '' ? null : fromHex(text, 32) ?? undefined;
}

function missingText(salt) {
    if (!given.receipt && !given.policy) return 'Give a receipt and a trust policy.';
    if (!given.receipt) return 'Now a receipt.';
    if (!given.policy) return 'Now a trust policy: nothing is verified without one.';
    if (salt === undefined) return 'The salt is 64 lower-case hexadecimal digits.';
    if (salt !== null && !given.payload) return 'A salt belongs to a payload: give that as well.';
    return null;
}

// Verification takes turns with the person's hands: only the newest run may speak.
function show(run, words, parts) {
    if (run !== runs) return;
    byId('status').textContent = words;
    // Beside a report the same word is for screen readers only.
    byId('status').classList.toggle('visually-hidden', parts.length > 0);
    byId('result').replaceChildren(...parts);
}

if (globalThis.crypto?.subtle) {
    listen('receipt', RECEIPT_MAX);
    listen('policy', POLICY_MAX);
    listen('payload', PAYLOAD_MAX);
    byId('salt').addEventListener('input', verify);
    refuseStrayDrops();
    byId('inputs').hidden = false;
    byId('status').textContent = 'Give a receipt and a trust policy.';
} else {
    byId('status').textContent = 'This browser gives this page no cryptography. Try another one.';
}
