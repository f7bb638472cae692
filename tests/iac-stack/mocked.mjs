// Runs the compiled program under Pulumi's mocks, in the folder of the program, and prints what it
// would have made: {"resources": {name: {type, inputs}}, "outputs": {...}}.
//
//     node mocked.mjs program.js settings.json
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

// The compiled program and this have to mean the same Pulumi: the one that is installed beside it.
const [program, settings] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(program);
const pulumi = require('@pulumi/pulumi');

const given = JSON.parse(readFileSync(settings, 'utf8'));
const isGovernment = given['sequencer:region'].startsWith('us-gov-');
const made = {};
const answers = {
    'aws:index/getCallerIdentity:getCallerIdentity': { accountId: '123456789012' },
    'aws:index/getPartition:getPartition': {
        partition: isGovernment ? 'aws-us-gov' : 'aws',
    },
    'aws:ec2/getSubnet:getSubnet': { vpcId: 'vpc-1', availabilityZone: 'eu-central-1b' },
};
await pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
        made[name] = { type, inputs };
        // What only AWS knows, in a form that tells where it was used.
        const state = { ...inputs, arn: `arn:of:${name}`, publicIp: '192.0.2.7' };
        return { id: `id-of-${name}`, state };
    },
    call({ token }) {
        if (!answers[token]) throw new Error(`no answer to ${token}`);
        return answers[token];
    },
}, 'sequencer', 'test', false);
pulumi.runtime.setAllConfig(given);

const { resources, outputs } = require(program);
const resolved = (value) => new Promise((done) => { pulumi.output(value).apply(done); });
await resolved(Object.values(resources).map((resource) => resource.urn));
const printed = { resources: made, outputs: await resolved(outputs) };
process.stdout.write(`${JSON.stringify(printed, null, 1)}\n`);
