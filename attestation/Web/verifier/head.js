// Steps 1 to 10 of docs/PROTOCOL.md section 11: the checkpoint and the epoch that signed it.

import { verifyDocument } from './attestation.js';
import { equal, fromHex, toBase64, toHex, utf8 } from './bytes.js';
import { keyIdOf, sameKey, verifyP256 } from './crypto.js';
import { readDocument } from './document.js';
import { isEd25519AtHand, verifyEd25519 } from './ed25519.js';
import { climb, leafHash, pathOf } from './merkle.js';
import { readCheckpoint, readNote } from './note.js';
import { readStatement } from './records.js';
import { Refusal } from './refusal.js';
import { cosignedAt, describeWitnesses, isEnough, witnessOf } from './witnesses.js';

const EPOCH_DOMAIN = utf8('seq-epoch/v1\0');
const NO_ED25519 = 'not checked here: this browser has no Ed25519';
const UNREADABLE = 'checkpoint or statement does not decode';

/** Gives every rule about the head its outcome; what was decoded and verified on the way. */
export async function verifyHead(checks, policy, checkpointText, epoch) {
    const statement = await readStatement(epoch.statement);
    checks.expect('statement-format', statement !== null, 'an epoch statement', 'other bytes');
    const log = policy.log ?? logOf(statement);
    const attested = await checkDocument(checks, policy, statement, epoch.document);
    checkPins(checks, policy, log, statement);
    const { note, checkpoint } = checkNote(checks, checkpointText);
    checkOrigin(checks, policy, log, statement, checkpoint);
    await checkSignatures(checks, note, statement);
    const cosignatures = await checkWitnesses(checks, policy.log?.witnesses ?? null, note);
    checkNumber(checks, statement, checkpoint);
    const path = await checkStatementInclusion(checks, statement, checkpoint, epoch.inclusion);
    checkRetired(checks, attested.measurement, checkpoint);
    return { statement, checkpoint, note, cosignatures, statementPath: path, ...attested };
}

// A policy that pins no log takes the evidence's own; where that agrees it proves nothing.
function logOf(statement) {
    return statement && { id: statement.logId, configuration: statement.configuration };
}

async function checkDocument(checks, policy, statement, bytes) {
    const { document, root, measurement } = await attest(checks, policy, bytes);
    // What a document says can be compared even where nothing vouches for it: more faults seen.
    if (!statement || !document) {
        checks.leaveOut(
            statement ? 'the document does not decode' : 'the statement does not decode',
            'epoch-public-key', 'epoch-domain', 'epoch-statement');
        return { document, root, measurement };
    }
    const { publicKey, userData } = document;
    checks.expect(
        'epoch-public-key', publicKey !== null && equal(publicKey, statement.p256Info),
        toHex(statement.p256Info), publicKey ? toHex(publicKey) : 'none');
    const hasDomain = userData?.length === EPOCH_DOMAIN.length + 32
        && equal(userData.subarray(0, EPOCH_DOMAIN.length), EPOCH_DOMAIN);
    const found = userData ? toHex(userData) : 'none';
    const expected = `${toHex(EPOCH_DOMAIN)} and 32 bytes`;
    if (!checks.expect('epoch-domain', hasDomain, expected, found)) {
        checks.leaveOut('the domain is another', 'epoch-statement');
    } else {
        const digest = userData.subarray(EPOCH_DOMAIN.length);
        checks.expect(
            'epoch-statement', equal(digest, statement.hash), toHex(statement.hash), toHex(digest));
    }
    return { document, root, measurement };
}

// The one place where a refusal of a document becomes an outcome.
async function attest(checks, policy, bytes) {
    let document = null;
    try {
        document = readDocument(bytes);
        const { root, measurement } = await verifyDocument(document, policy);
        checks.pass('attestation');
        return { document, root, measurement };
    } catch (fault) {
        if (!(fault instanceof Refusal)) throw fault;
        checks.fail('attestation', fault.expected, fault.found, fault.rule);
        return { document, root: null, measurement: null };
    }
}

function checkPins(checks, policy, log, statement) {
    if (!statement) {
        checks.leaveOut('the statement does not decode', 'log-id', 'configuration');
        return;
    }
    pin(checks, policy, 'log-id', toHex(log.id), toHex(statement.logId));
    pin(checks, policy, 'configuration', log.configuration.text, statement.configuration.text);
}

function pin(checks, policy, rule, expected, found) {
    if (policy.log !== null || expected !== found) {
        checks.expect(rule, expected === found, expected, found);
        return;
    }
    checks.excuse(`any log of this image: not pinned, ${found.trimEnd()}`, rule);
}

function checkNote(checks, text) {
    const note = readNote(utf8(text));
    const checkpoint = note && readCheckpoint(note.text);
    checks.expect(
        'checkpoint-format', checkpoint !== null, 'a signed note of three lines', 'another text');
    return { note, checkpoint };
}

function checkOrigin(checks, policy, log, statement, checkpoint) {
    const origins = [checkpoint?.origin, statement?.configuration.origin];
    const expected = log?.configuration.origin;
    const other = origins.find((origin) => origin !== undefined && origin !== expected);
    if (other !== undefined && expected !== undefined) {
        checks.fail('origin', expected, other);
    } else if (!statement || !checkpoint) {
        checks.leaveOut(UNREADABLE, 'origin');
    } else {
        pin(checks, policy, 'origin', expected, checkpoint.origin);
    }
}

async function checkSignatures(checks, note, statement) {
    if (!note || !statement) {
        checks.leaveOut(UNREADABLE, 'signature-lines', 'ecdsa', 'ed25519');
        return;
    }
    const { origin } = statement.configuration;
    const ecdsaId = await keyIdOf(statement.p256Info);
    const ed25519Id = await keyIdOf(utf8(origin), fromHex('0a01', 2), statement.ed25519);
    const isEcdsa = (line) => sameKey(line, origin, ecdsaId);
    const isEd25519 = (line) => sameKey(line, origin, ed25519Id);
    const [first, second, ...others] = note.signatures;
    checks.expect(
        'signature-lines',
        isEcdsa(first) && second !== undefined && isEd25519(second)
            && !others.some((line) => isEcdsa(line) || isEd25519(line)),
        `first the lines of ${origin} with key ids ${toHex(ecdsaId)} and ${toHex(ed25519Id)}, once`,
        note.signatures.map((line) => `${line.name} ${toHex(line.keyId)}`).join(', '));
    await checkLine(checks, 'ecdsa', note.signatures.find(isEcdsa), (signature) =>
        verifyP256(statement.p256, note.bytes, signature));
    const ed25519Line = note.signatures.findLast(isEd25519);
    if (ed25519Line !== undefined && !await isEd25519AtHand()) {
        checks.excuse(NO_ED25519, 'ed25519');
        return;
    }
    await checkLine(checks, 'ed25519', ed25519Line, (signature) =>
        verifyEd25519(statement.ed25519, note.bytes, signature));
}

async function checkLine(checks, rule, line, verify) {
    if (line === undefined) {
        checks.leaveOut('there is no line with its key id', rule);
        return;
    }
    checks.expect(
        rule, await verify(line.signature) === true,
        'a signature over the checkpoint by the epoch’s key', toBase64(line.signature));
}

async function checkWitnesses(checks, witnesses, note) {
    if (!note) {
        checks.leaveOut('the checkpoint does not decode', 'cosignature', 'witness-quorum');
        return [];
    }
    if (!witnesses) {
        // No line is by a known witness, so none of them fails.
        checks.pass('cosignature');
        checks.excuse('the policy names no witnesses', 'witness-quorum');
        return [];
    }
    if (!await isEd25519AtHand()) {
        checks.leaveOut(NO_ED25519, 'cosignature', 'witness-quorum');
        return [];
    }
    const cosigned = new Map();
    const failed = [];
    for (const line of note.signatures) {
        const witness = witnessOf(witnesses, line);
        if (!witness) continue;
        const seconds = await cosignedAt(witness, note, line);
        if (seconds === null) failed.push(witness);
        else if (!cosigned.has(witness)) cosigned.set(witness, seconds);
    }
    checks.expect(
        'cosignature', failed.length === 0, 'cosignatures wherever a known witness stands',
        `none that verifies by ${describeWitnesses(failed)}`);
    if (!witnesses.quorum) {
        checks.excuse('the policy asks for no quorum', 'witness-quorum');
    } else {
        checks.expect(
            'witness-quorum', isEnough(witnesses.quorum, cosigned),
            'cosignatures by a quorum', `by ${describeWitnesses([...cosigned.keys()])}`);
    }
    return [...cosigned].map(([{ name }, seconds]) => ({ name, seconds }));
}

function checkNumber(checks, statement, checkpoint) {
    if (!statement || !checkpoint) {
        checks.leaveOut(UNREADABLE, 'statement-number');
        return;
    }
    checks.expect(
        'statement-number', statement.number < checkpoint.size,
        `below the head’s size ${checkpoint.size}`, `${statement.number}`);
}

async function checkStatementInclusion(checks, statement, checkpoint, proof) {
    if (!statement || !checkpoint) {
        checks.leaveOut(UNREADABLE, 'statement-inclusion');
        return null;
    }
    return checkInclusion(
        checks, 'statement-inclusion', statement.number, statement.bytes, proof, checkpoint);
}

/** A record's inclusion under a head; the path with its nodes where the proof has its length. */
export async function checkInclusion(checks, rule, number, record, proof, checkpoint) {
    if (number >= checkpoint.size) {
        checks.leaveOut('the number is not below the head’s size', rule);
        return null;
    }
    const steps = pathOf(number, checkpoint.size, proof);
    if (steps === null) {
        checks.fail(rule, 'as many hashes as the place asks for', `${proof.length}`);
        return null;
    }
    const nodes = await climb(await leafHash(record), steps);
    const root = nodes[nodes.length - 1];
    const holds = equal(root, checkpoint.root);
    checks.expect(rule, holds, toBase64(checkpoint.root), toBase64(root));
    return { number, size: checkpoint.size, steps, nodes, holds };
}

function checkRetired(checks, measurement, checkpoint) {
    if (!measurement || !checkpoint) {
        checks.leaveOut(
            'no image was attested, or the checkpoint does not decode', 'measurement-retired');
        return;
    }
    const { name, notAfterSize } = measurement;
    checks.expect(
        'measurement-retired', notAfterSize === null || checkpoint.size <= notAfterSize,
        `a size up to ${notAfterSize} by image ${name}`, `${checkpoint.size}`);
}
