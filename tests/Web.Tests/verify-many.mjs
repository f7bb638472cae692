// Runs the browser's verifier over many cases: JSON on standard input and output, so that a test
// can compare it with the verifier in .NET. Bytes are base64.
//
// {"policies": [B, …], "cases": [{"policy": 0, "receipt": B, "payload"?: B, "salt"?: B} |
//     {"root": B, "pcrs": {"0": B, …}, "document": B} | {"readPolicy": 0}, …]}
// A receipt gives {"good", "level", "checks": ["<rule> passed", "<rule> failed",
// "<rule> failed <attestation rule>", "<rule> not_checked", "<rule> excused", …]}, a document the
// rule that refuses it, or "", and readPolicy whether the policy is one.

import { verifyDocument } from '../../attestation/Web/verifier/attestation.js';
import { readDocument } from '../../attestation/Web/verifier/document.js';
import { readPolicy } from '../../attestation/Web/verifier/policy.js';
import { Refusal } from '../../attestation/Web/verifier/refusal.js';
import { claimOf } from '../../attestation/Web/verifier/request.js';
import { verifyReceipt } from '../../attestation/Web/verifier/verify.js';

const bytes = (base64) => new Uint8Array(Buffer.from(base64, 'base64'));

async function ofReceipt({ policy, receipt, payload, salt }, policies) {
    const read = policies[policy];
    if (read.fault) return { fault: read.fault };
    const claim = payload === undefined
        ? undefined : await claimOf(bytes(payload), salt === undefined ? null : bytes(salt));
    const { good, level, checks } = await verifyReceipt(bytes(receipt), read.policy, claim);
    const outcomes = checks.map(({ rule, result, excused, attestationRule }) =>
        [rule, excused ? 'excused' : result, attestationRule].filter(Boolean).join(' '));
    return { good, level, checks: outcomes };
}

async function ofDocument({ root, pcrs, document }) {
    const values = new Map(Object.entries(pcrs).map(([i, value]) => [Number(i), bytes(value)]));
    const policy = {
        roots: [{ name: 'the root', der: bytes(root) }],
        measurements: [{ name: 'own', pcrs: values, notAfterSize: null }],
    };
    try {
        await verifyDocument(readDocument(bytes(document)), policy);
        return '';
    } catch (fault) {
        if (fault instanceof Refusal) return fault.rule;
        throw fault;
    }
}

let text = '';
for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
const job = JSON.parse(text);
const policies = [];
for (const policy of job.policies) policies.push(await readPolicy(bytes(policy)));
const answers = [];
for (const each of job.cases) {
    if (each.receipt !== undefined) answers.push(await ofReceipt(each, policies));
    else if (each.document !== undefined) answers.push(await ofDocument(each));
    else answers.push(policies[each.readPolicy].policy !== undefined);
}
process.stdout.write(JSON.stringify(answers));
