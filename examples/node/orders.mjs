// A shop keeps the events of an order in a stream, and hands its customer a receipt, which is
// verified here down to the root with the verifier of the browser page (attestation/Web/verifier).

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readPolicy } from '../../attestation/Web/verifier/policy.js';
import { verifyReceipt } from '../../attestation/Web/verifier/verify.js';

const url = process.env.SEQUENCER_URL ?? 'http://127.0.0.1:5000';
const policyFile = process.env.SEQUENCER_POLICY ?? '.run/trust-policy.json';
const key = process.env.SEQUENCER_KEY;

const call = (path, options = {}) => fetch(new URL(path, url), {
    ...options,
    headers: { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) },
});

const append = (order, type, payload, headers) => call(
    `/v1/streams/${order}/entries?receipt=none&type=${type}`,
    { method: 'POST', body: payload, headers: { 'Content-Type': 'text/plain', ...headers } });

/** The events of a subscription, one at a time; leave the loop to end it. */
async function* subscribe(path) {
    const ending = new AbortController();
    const answer = await call(
        path, { headers: { Accept: 'text/event-stream' }, signal: ending.signal });
    const decoder = new TextDecoder();
    let text = '';
    try {
        for await (const bytes of answer.body) {
            text += decoder.decode(bytes, { stream: true });
            const blocks = text.split('\n\n');
            text = blocks.pop();
            for (const block of blocks) {
                const fields = Object.fromEntries(block.split('\n').map((line) => {
                    const colon = line.indexOf(':');
                    return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
                }));
                if (fields.data) yield { event: fields.event, data: JSON.parse(fields.data) };
            }
        }
    } finally {
        ending.abort();
    }
}

function must(isSo, message) {
    if (!isSo) throw new Error(message);
}

const order = `order-${randomUUID()}`;

const placed = await append(order, 'placed', 'total 7', { 'If-None-Match': '*' });
must(placed.status === 201, await placed.clone().text());
const { number } = await placed.json();
console.log(`placed: number ${number}, version ${placed.headers.get('ETag')}`);

for (const attempt of [1, 2]) { // the first answer gets lost, let us say
    const paid = await append(
        order, 'paid', 'visa', { 'If-Match': '"1"', 'Idempotency-Key': `${order}-paid` });
    must(paid.status === 201, await paid.clone().text());
    const replayed = paid.headers.get('Idempotent-Replayed') ?? 'false';
    must(replayed === String(attempt === 2), 'a retry is a replay');
    console.log(`paid: version ${paid.headers.get('ETag')}, replayed: ${replayed}`);
}

const late = await append(order, 'cancelled', 'too late', { 'If-Match': '"1"' });
must(late.status === 412, await late.clone().text());
const problem = await late.json();
console.log(`refused: ${problem.title}: expected ${problem.expected}, is ${problem.actual}`);

for await (const { event, data } of subscribe(`/v1/streams/${order}/entries`)) {
    if (event !== 'entry') continue;
    console.log(`followed: version ${data.version}, ${data.type}: ${data.payload}`);
    if (data.version === 2) break;
}

const { policy, fault } = await readPolicy(new Uint8Array(await readFile(policyFile)));
must(policy, fault);
const receipt = new Uint8Array(
    await (await call(`/v1/entries/${number}/receipt`)).arrayBuffer());
const report = await verifyReceipt(receipt, policy);
must(report.good, JSON.stringify(report.checks.filter((check) => check.outcome === 'refused')));
console.log(`verified: ${report.level}, ${report.checks.length} checks`);

receipt[receipt.length >> 1] ^= 1;
must(!(await verifyReceipt(receipt, policy)).good, 'a changed receipt is refused');
console.log('a changed receipt is refused');
