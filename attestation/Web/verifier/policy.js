// What a verifier trusts: trust-policy.json, or the measurements.json of an image
// (docs/PROTOCOL.md section 10). A member that is not understood could be a restriction, so none
// is passed over.

import { equal, fromBase64, fromHex, fromUtf8, isZero, toHex, utf8 } from './bytes.js';
import { readCertificate } from './certificates.js';
import { readConfiguration } from './configuration.js';
import { sha256 } from './crypto.js';
import { CERTIFICATE_MAX } from './document.js';
import { JsonFault, readJson } from './json.js';
import { Refusal } from './refusal.js';
import { AWS_ROOT_NAME, awsRoot } from './roots.js';
import { readWitnessPolicy } from './witnesses.js';

export const POLICY_MAX = 1_048_576;
export const POLICY_FORMAT = 'sequencer-trust-policy/v1';
export const MEASUREMENTS_FORMAT = 'sequencer-measurements/v1';

const MEASUREMENTS_MAX = 1_024;
const ROOTS_MAX = 16;
const U64_MAX = (1n << 64n) - 1n;
const OF_A_LOG = ['log_id', 'origin', 'configuration', 'witnesses'];
const OF_AN_IMAGE = ['format', 'measurements', 'roots', 'insecure_development_roots'];
const PCRS = [0, 1, 2, 3, 4, 8];

/** Carries a fault to readPolicy and never beyond. */
class PolicyFault extends Error {}

/** Reads a policy: { policy }, or { fault } that names the member for the person who wrote it. */
export async function readPolicy(bytes) {
    try {
        if (bytes.length > POLICY_MAX) throw new PolicyFault(`more than ${POLICY_MAX} bytes`);
        const text = fromUtf8(bytes);
        if (text === null) throw new PolicyFault('the policy: not UTF-8');
        return { policy: await read(object(readJson(text, 3), 'the policy')) };
    } catch (fault) {
        if (fault instanceof JsonFault) return { fault: `not JSON: ${fault.message}` };
        if (fault instanceof PolicyFault) return { fault: fault.message };
        throw fault;
    }
}

async function read(members) {
    for (const name of members.keys()) {
        if (![...OF_A_LOG, ...OF_AN_IMAGE].includes(name)) {
            throw new PolicyFault(`${name}: unknown member`);
        }
    }
    const format = string(members, 'format');
    if (format !== POLICY_FORMAT && format !== MEASUREMENTS_FORMAT) {
        throw new PolicyFault(`format: not ${POLICY_FORMAT} or ${MEASUREMENTS_FORMAT}`);
    }
    const images = {
        measurements: readMeasurements(list(members, 'measurements')),
        roots: await readRoots(members),
    };
    if (format === POLICY_FORMAT) return { ...images, log: await readLog(members) };
    const stray = OF_A_LOG.find((name) => members.has(name));
    if (stray) throw new PolicyFault(`${stray}: belongs to a ${POLICY_FORMAT}`);
    return { ...images, log: null };
}

async function readLog(members) {
    const id = fromHex(string(members, 'log_id'), 32);
    if (id === null) throw new PolicyFault('log_id: not 64 lower-case hexadecimal digits');
    const configuration = await readConfiguration(utf8(string(members, 'configuration')));
    if (configuration === null) throw new PolicyFault('configuration: not one');
    if (string(members, 'origin') !== configuration.origin) {
        throw new PolicyFault(`origin: not the configuration's, ${configuration.origin}`);
    }
    let witnesses = configuration.witnesses;
    if (members.has('witnesses')) {
        const { policy, fault } = await readWitnessPolicy(string(members, 'witnesses'));
        if (fault) throw new PolicyFault(`witnesses: ${fault}`);
        witnesses = policy;
    }
    return { id, configuration, witnesses };
}

function readMeasurements(items) {
    if (items.length === 0 || items.length > MEASUREMENTS_MAX) {
        throw new PolicyFault(`measurements: 1 to ${MEASUREMENTS_MAX}`);
    }
    const read = items.map((item, index) => readMeasurement(item, `measurements[${index}]`));
    const texts = read.map(({ pcrs }) => [...pcrs].map(([i, v]) => `${i} ${toHex(v)}`).join());
    if (new Set(texts).size !== texts.length) {
        throw new PolicyFault('measurements: the same PCRs stand twice');
    }
    return read;
}

function readMeasurement(item, place) {
    const members = object(item, place);
    const names = ['name', 'not_after_size', ...PCRS.map((index) => `pcr${index}`)];
    for (const name of members.keys()) {
        if (!names.includes(name)) throw new PolicyFault(`${place}.${name}: unknown member`);
    }
    const name = string(members, 'name', place);
    if (name.trim() === '') throw new PolicyFault(`${place}.name: empty`);
    const pcrs = new Map();
    for (const index of PCRS) {
        const member = `pcr${index}`;
        if (index > 2 && !members.has(member)) continue;
        const value = fromHex(string(members, member, place), 48);
        if (value === null) throw new PolicyFault(`${place}.${member}: not 96 hexadecimal digits`);
        if (isZero(value)) throw new PolicyFault(`${place}.${member}: all zero measures nothing`);
        pcrs.set(index, value);
    }
    const notAfterSize = members.get('not_after_size') ?? null;
    if (notAfterSize !== null && !(typeof notAfterSize === 'bigint' && notAfterSize <= U64_MAX)) {
        throw new PolicyFault(`${place}.not_after_size: not an integer from 0`);
    }
    return { name, pcrs, notAfterSize };
}

async function readRoots(members) {
    const named = members.has('roots') ? list(members, 'roots') : [];
    const development = members.has('insecure_development_roots')
        ? list(members, 'insecure_development_roots') : [];
    const roots = [];
    for (const [index, name] of named.entries()) {
        if (name !== AWS_ROOT_NAME) throw new PolicyFault(`roots[${index}]: no such root`);
        roots.push(await awsRoot());
    }
    for (const [index, text] of development.entries()) {
        roots.push(await readDevelopmentRoot(text, `insecure_development_roots[${index}]`));
    }
    if (roots.length === 0 || roots.length > ROOTS_MAX) {
        throw new PolicyFault(`roots: 1 to ${ROOTS_MAX}, such as ${AWS_ROOT_NAME}`);
    }
    if (roots.some((a, i) => roots.some((b, j) => j < i && equal(a.der, b.der)))) {
        throw new PolicyFault('roots: the same root stands twice');
    }
    return roots;
}

async function readDevelopmentRoot(text, place) {
    const der = typeof text === 'string' ? fromBase64(text) : null;
    if (der === null || der.length > CERTIFICATE_MAX) {
        throw new PolicyFault(`${place}: not the base64 of a certificate`);
    }
    try {
        readCertificate(der, 'root');
    } catch (fault) {
        if (!(fault instanceof Refusal)) throw fault;
        throw new PolicyFault(`${place}: ${fault.message}`);
    }
    const digest = toHex(await sha256(der));
    return { name: `development root ${digest.slice(0, 16)}…`, der, isDevelopment: true };
}

function object(value, place) {
    if (!(value instanceof Map)) throw new PolicyFault(`${place}: not an object`);
    return value;
}

function string(members, name, place) {
    const value = members.get(name);
    const full = place ? `${place}.${name}` : name;
    if (value === undefined) throw new PolicyFault(`${full}: missing`);
    if (typeof value !== 'string') throw new PolicyFault(`${full}: not a string`);
    return value;
}

function list(members, name) {
    const value = members.get(name);
    if (value === undefined) throw new PolicyFault(`${name}: missing`);
    if (!Array.isArray(value)) throw new PolicyFault(`${name}: not an array`);
    return value;
}
