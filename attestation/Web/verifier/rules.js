// The rules about a receipt in their order, each with its sentence (docs/PROTOCOL.md section 11).

export const RULES = new Map(Object.entries({
    'receipt-format': 'the receipt is in its one form',
    'record-format': 'the record decodes',
    'request-format': 'the request decodes',
    'metadata-format': 'the metadata decode',
    'statement-format': 'the epoch statement decodes',
    'checkpoint-format': 'the checkpoint decodes',
    'attestation': 'a trusted root attests an accepted image',
    'epoch-public-key': 'the attested key is the epoch’s',
    'epoch-domain': 'the attestation is for an epoch',
    'epoch-statement': 'the attestation is for this statement',
    'log-id': 'it is the policy’s log',
    'origin': 'it has the policy’s origin',
    'configuration': 'it has the policy’s configuration',
    'signature-lines': 'the epoch’s signatures come first, once',
    'ecdsa': 'the ECDSA signature verifies',
    'ed25519': 'the Ed25519 signature verifies',
    'cosignature': 'cosignatures of known witnesses verify',
    'witness-quorum': 'enough witnesses cosigned it',
    'statement-number': 'the epoch began before the checkpoint',
    'statement-inclusion': 'the epoch’s statement is in the log',
    'measurement-retired': 'the image was not retired',
    'record-epoch': 'record and epoch fit together',
    'record-number': 'the record’s number is within the log',
    'record-inclusion': 'the record is in the log, at its number',
    'request': 'the record is what was asked for',
    'cells': 'the streams’ versions are those asked for',
    'metadata': 'the metadata are the recorded ones',
    'payload': 'the payload is the recorded one',
}));

/** What became of every rule. A rule is said once; good only if nothing failed or was left out. */
export class Checks {
    #outcomes = new Map();

    has(rule) {
        return this.#outcomes.has(rule);
    }

    pass(rule) {
        this.#say(rule, { result: 'passed' });
    }

    fail(rule, expected, found, attestationRule) {
        this.#say(rule, { result: 'failed', expected, found, attestationRule });
    }

    expect(rule, holds, expected, found) {
        if (holds) this.pass(rule);
        else this.fail(rule, expected, found);
        return holds;
    }

    /** Not checked because an earlier fault took its input: the receipt is not good. */
    leaveOut(reason, ...rules) {
        for (const rule of rules) this.#say(rule, { result: 'not_checked', reason });
    }

    /** Not checked and not missed: it does not apply, or the protocol lets it be. */
    excuse(reason, ...rules) {
        for (const rule of rules) this.#say(rule, { result: 'not_checked', reason, excused: true });
    }

    leaveOutOthers(reason) {
        this.leaveOut(reason, ...[...RULES.keys()].filter((rule) => !this.has(rule)));
    }

    /** All rules in order. */
    list() {
        return [...RULES].map(([rule, text]) => {
            if (!this.has(rule)) throw new Error(`Nothing was said of ${rule}.`);
            return { rule, text, ...this.#outcomes.get(rule) };
        });
    }

    #say(rule, outcome) {
        if (!RULES.has(rule) || this.has(rule)) throw new Error(`${rule} was said before.`);
        this.#outcomes.set(rule, outcome);
    }
}

export function isGood(list) {
    return list.every(({ result, excused }) => result === 'passed' || excused === true);
}
