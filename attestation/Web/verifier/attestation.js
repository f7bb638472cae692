// Whether a document holds under a policy's roots and images (docs/VERIFYING.md).

import { equal, toHex } from './bytes.js';
import { checkSignatures, checkTimes, readChain } from './certificates.js';
import { isDebugMode } from './document.js';
import { Refusal } from './refusal.js';

/** The root and the measurement that an epoch's document holds under. Throws a Refusal. */
export async function verifyDocument(document, { roots, measurements }) {
    // The last root stands for all of them where the document's own is none of them.
    const root = roots.find(({ der }) => equal(der, document.bundle[0])) ?? roots.at(-1);
    const chain = readChain(document, root);
    checkTimes(chain, document.timeMs);
    await checkSignatures(chain, document);
    if (isDebugMode(document)) {
        throw new Refusal('DebugMode', 'measured PCR0, PCR1 and PCR2', 'zeros: debug mode');
    }
    return { root, measurement: match(document.pcrs, measurements) };
}

// The refusal tells the difference to the image that matches in most PCRs: the likely one.
function match(pcrs, measurements) {
    let nearest;
    for (const measurement of measurements) {
        const faults = [...measurement.pcrs].map(([index, expected]) =>
            differenceOf(index, expected, pcrs.get(index), measurement.name));
        const first = faults.find((fault) => fault !== null);
        if (first === undefined) return measurement;
        const equalCount = faults.filter((fault) => fault === null).length;
        if (nearest === undefined || equalCount > nearest.equalCount) {
            nearest = { equalCount, first };
        }
    }
    throw nearest.first;
}

function differenceOf(index, expected, actual, name) {
    const wanted = `PCR${index} ${toHex(expected)} (${name})`;
    if (actual === undefined) return new Refusal('PcrMissing', wanted, 'no such PCR');
    if (actual.length !== 48) return new Refusal('PcrNotSha384', wanted, `${actual.length} bytes`);
    return equal(actual, expected) ? null : new Refusal('PcrMismatch', wanted, toHex(actual));
}
