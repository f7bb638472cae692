// The configuration that the genesis statement fixes for ever (docs/PROTOCOL.md section 5).

import { fromUtf8 } from './bytes.js';
import { readWitnessPolicy } from './witnesses.js';

const CONFIGURATION_MAX = 16_384;
const NUMBER_MAX = 100_000_000;
const SECONDS_MAX = 604_800;
const NUMBER = '(0|[1-9][0-9]{0,9})';
const FIXED = new RegExp(
    '^sequencer-configuration/v1\n'
    + 'origin ([A-Za-z0-9._~/:-]{1,255})\n'
    + `cells-max ${NUMBER}\nidempotency-window ${NUMBER}\n`);
// AWS KMS: the key that the log's stable identity is sealed under.
const IDENTITY_KEY = new RegExp(
    '^identity-key arn:aws(-us-gov)?:kms:[a-z]{2}(-[a-z]{2,12}){1,3}-[0-9]{1,2}:'
    + '[0-9]{12}:key/[0-9a-f-]{36}\n');
const BOUNDS = new RegExp(`^witness-numbers-max ${NUMBER}\nwitness-seconds-max ${NUMBER}\n`);

/** The configuration whose canonical text these bytes are, or null. */
export async function readConfiguration(bytes) {
    if (bytes.length > CONFIGURATION_MAX || bytes.some((byte) => byte > 0x7f)) return null;
    const text = fromUtf8(bytes);
    const fixed = FIXED.exec(text);
    if (fixed === null) return null;
    const [lines, origin, cellsMax, window] = fixed;
    if (!isWithin(cellsMax, NUMBER_MAX) || !isWithin(window, NUMBER_MAX)) return null;
    let rest = text.slice(lines.length);
    rest = rest.slice(IDENTITY_KEY.exec(rest)?.[0].length ?? 0);
    if (rest === '') return { text, origin, witnesses: null };
    const bounds = BOUNDS.exec(rest);
    if (bounds === null) return null;
    if (!isWithin(bounds[1], NUMBER_MAX) || !isWithin(bounds[2], SECONDS_MAX)) return null;
    const policyText = rest.slice(bounds[0].length);
    const { policy } = await readWitnessPolicy(policyText);
    if (!policy?.quorum || policy.canonical !== policyText) return null;
    return { text, origin, witnesses: policy };
}

function isWithin(digits, max) {
    return Number(digits) >= 1 && Number(digits) <= max;
}
