// The page of a running log: its head, its entries, its epochs, and the verifier.

import { utf8 } from '../../../attestation/Web/verifier/bytes.js';
import { readPolicy } from '../../../attestation/Web/verifier/policy.js';
import { claimOf } from '../../../attestation/Web/verifier/request.js';
import { verifyReceipt } from '../../../attestation/Web/verifier/verify.js';
import { byId } from '../../../attestation/Web/page/dom.js';
import { number } from '../../../attestation/Web/page/format.js';
import { refuseStrayDrops, takeFiles } from '../../../attestation/Web/page/inputs.js';
import { cautionsOf, verdictOf } from '../../../attestation/Web/page/verdict.js';
import { get, onKeyWanted } from './api.js';
import { listenForLookups, payloadFor, recordOf, say, showNewest } from './entries.js';
import { draftPolicy, loadEpochs, showEpochs } from './epochs.js';
import { followHead, numberOf } from './live.js';

const OF_THIS_PAGE = 'This page came from the gateway that it checks: see below how to check '
    + 'with a file of your own.';
const OF_A_DRAFT = 'The policy was drafted from what this gateway presents. Compare its PCRs with '
    + 'those that the image’s builder publishes.';

let epochs = [];
let draft = null;
let shown = null;
let runs = 0;

async function show() {
    const place = numberOf(location.hash.slice(1));
    const run = ++runs;
    byId('entry').hidden = place === null;
    byId('result').replaceChildren();
    byId('verify-status').textContent = '';
    shown = null;
    if (place === null) return;
    byId('entry-title').textContent = `Record ${number(place)}`;
    byId('query').value = `${place}`;
    try {
        const { entry, view } = await recordOf(place);
        if (run !== runs) return;
        shown = { place, entry };
        byId('record').replaceChildren(view);
        byId('receipt-link').href = `/v1/entries/${place}/receipt`;
        byId('receipt-link').download = `${place}.receipt.json`;
        byId('entry-title').focus();
        byId('entry').scrollIntoView({ block: 'start' });
    } catch (fault) {
        byId('entry').hidden = true;
        say(fault.message);
    }
}

async function verify() {
    const run = ++runs;
    const status = (words) => {
        if (run === runs) byId('verify-status').textContent = words;
    };
    byId('result').replaceChildren();
    if (!globalThis.crypto?.subtle) {
        status('Browsers give cryptography to pages over HTTPS only. Use the verifier as a file.');
        return;
    }
    const { policy, fault } = await readPolicy(utf8(byId('policy').value));
    if (fault) {
        status(`This is no trust policy: ${fault}.`);
        byId('policy-box').open = true;
        return;
    }
    status('Verifying…');
    try {
        const answer = await get(`/v1/entries/${shown.place}/receipt`);
        const receipt = new Uint8Array(await answer.arrayBuffer());
        const payload = payloadFor(shown.entry.payload_digest);
        const claim = payload === null ? undefined : await claimOf(payload, null);
        const report = await verifyReceipt(receipt, policy, claim);
        const cautions = [OF_THIS_PAGE, ...cautionsOf(report, policy)];
        if (byId('policy').value === draft) cautions.push(OF_A_DRAFT);
        if (run !== runs) return;
        byId('result').replaceChildren(verdictOf(report, { cautions }));
        status(report.good ? 'Verified.' : 'Refused.');
    } catch (problem) {
        status(problem.message);
    }
}

async function refresh(size) {
    const known = epochs[0]?.number;
    await showNewest(size);
    const newest = epochs.length === 0 || size > BigInt(known) ? await loadEpochs() : epochs;
    if (newest.length !== epochs.length) await showEpochs(newest);
    epochs = newest;
    if (byId('policy').value === '' || byId('policy').value === draft) await fillDraft();
}

async function fillDraft() {
    draft = await draftPolicy(epochs);
    byId('policy').value = draft;
    byId('policy-given').textContent = 'drafted from what this gateway presents';
}

function listenForPolicies() {
    takeFiles(byId('policy-box'), byId('policy-file'), async (file) => {
        byId('policy').value = await file.text();
        byId('policy-given').textContent = file.name;
    });
    byId('policy').addEventListener('input', () => {
        byId('policy-given').textContent = 'as you wrote it';
    });
    byId('policy-draft').addEventListener('click', fillDraft);
}

function askForKey(wasRefused) {
    const dialog = byId('key-dialog');
    byId('key-why').textContent = wasRefused
        ? 'The gateway does not know this key.' : 'This gateway asks for an access key.';
    byId('key').value = '';
    dialog.showModal();
    return new Promise((resolve) => {
        dialog.addEventListener('close', () => {
            resolve(dialog.returnValue === 'use' ? byId('key').value.trim() || null : null);
            byId('key').value = '';
        }, { once: true });
    });
}

onKeyWanted(askForKey);
byId('key-form').addEventListener('submit', (event) => {
    event.preventDefault();
    byId('key-dialog').close('use');
});
byId('key-cancel').addEventListener('click', () => byId('key-dialog').close('cancel'));
byId('verify').addEventListener('click', verify);
window.addEventListener('hashchange', show);
listenForLookups();
listenForPolicies();
refuseStrayDrops();
byId('main').hidden = false;
let isFirst = true;
followHead(async (size) => {
    await refresh(size);
    if (isFirst && location.hash !== '') await show();
    isFirst = false;
});
