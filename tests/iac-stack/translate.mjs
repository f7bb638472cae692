// Writes a Pulumi YAML program as the TypeScript that says the same, so that the compiler holds it
// against the provider's types, and Pulumi's mocks can run it. It knows the part of the language
// that iac/stack/Pulumi.yaml uses, and refuses the rest rather than leave something out.
//
//     node translate.mjs Pulumi.yaml program.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

const [source, target] = process.argv.slice(2);
const program = parse(readFileSync(source, 'utf8'));
const known = (object, names, where) => {
    for (const name of Object.keys(object ?? {})) {
        if (!names.includes(name)) throw new Error(`${where}: '${name}' is not known here`);
    }
};
known(program,
    ['name', 'runtime', 'description', 'config', 'variables', 'resources', 'outputs'], 'program');

const text = JSON.stringify;
const local = (name) => `the_${name}`;
const isDeclared = (name) => ['config', 'variables', 'resources']
    .some((section) => Object.hasOwn(program[section] ?? {}, name));

// `a.b[0].c` of `${a.b[0].c}`: a name of the program, and properties and elements of its value.
function reference(path) {
    if (path === 'pulumi.stack') return 'pulumi.getStack()';
    const [, name, rest] = /^(\w+)((?:\.\w+|\[\d+\])*)$/.exec(path) ?? [];
    if (!name || !isDeclared(name)) throw new Error(`there is no '${path}'`);
    return local(name) + rest;
}

function string(value) {
    const pieces = value.split(/\$\{([^}]*)\}/);
    if (pieces.length === 1) return text(value);
    if (pieces.length === 3 && pieces[0] === '' && pieces[2] === '') return reference(pieces[1]);
    const escaped = pieces.map((piece, index) => (index % 2 === 1
        ? `\${${reference(piece)}}`
        : piece.replace(/[`\\]|\$\{/g, '\\$&')));
    return `pulumi.interpolate\`${escaped.join('')}\``;
}

function invoke({ function: name, arguments: input = {}, options: given, ...rest }) {
    known(rest, [], name);
    const [module, ...path] = name.split(':');
    return `${[module, ...path].join('.')}Output(${object(input)}, ${options(given)})`;
}

const builtins = {
    'fn::invoke': invoke,
    'fn::toJSON': (value) => `pulumi.jsonStringify(${expression(value)})`,
    'fn::join': ([separator, parts]) =>
        `pulumi.all(${expression(parts)}).apply((parts) => parts.join(${text(separator)}))`,
    'fn::split': ([separator, value]) =>
        `pulumi.output(${expression(value)}).apply((value) => value.split(${text(separator)}))`,
    'fn::readFile': (path) => `readFileSync(${string(path)}, 'utf8')`,
    'fn::fileAsset': (path) => `new pulumi.asset.FileAsset(${string(path)})`,
};

function expression(value) {
    if (typeof value === 'string') return string(value);
    if (value === null || typeof value !== 'object') return text(value);
    if (Array.isArray(value)) return `[${value.map(expression).join(', ')}]`;
    const [first, ...others] = Object.keys(value);
    if (!first?.startsWith('fn::')) return object(value);
    if (others.length > 0 || !builtins[first]) throw new Error(`'${first}' is not known here`);
    return builtins[first](value[first]);
}

function object(value) {
    const fields = Object.entries(value)
        .map(([name, field]) => `${text(name)}: ${expression(field)}`);
    return `{ ${fields.join(', ')} }`;
}

function options(given = {}) {
    known(given, ['dependsOn', 'deleteBeforeReplace', 'protect', 'provider', 'version'], 'options');
    return object(given);
}

// In the order of the program, but after what they refer to.
function* inOrder(names, referencesOf) {
    const done = new Set();
    const open = new Set();
    function* visit(name) {
        if (done.has(name)) return;
        if (open.has(name)) throw new Error(`'${name}' refers to itself`);
        open.add(name);
        for (const next of referencesOf(name)) if (names.includes(next)) yield* visit(next);
        done.add(name);
        yield name;
    }
    for (const name of names) yield* visit(name);
}

function referencesIn(value) {
    return [...JSON.stringify(value).matchAll(/\$\{(\w+)/g)].map((match) => match[1]);
}

const types = { string: ['get', 'require'], integer: ['getNumber', 'requireNumber'] };

function setting(name, { type, default: fallback, ...rest }) {
    known(rest, [], name);
    if (!types[type]) throw new Error(`${name}: the type '${type}' is not known here`);
    const [get, require] = types[type];
    const value = fallback === undefined
        ? `config.${require}(${text(name)})`
        : `config.${get}(${text(name)}) ?? ${text(fallback)}`;
    return `const ${local(name)} = ${value};`;
}

function resource(name, { type, properties = {}, options: given, defaultProvider, ...rest }) {
    known(rest, [], name);
    const isProvider = type.startsWith('pulumi:providers:');
    if (isProvider !== (defaultProvider === true)) throw new Error(`${name}: one default provider`);
    const path = isProvider ? `${type.split(':')[2]}.Provider` : type.split(':').join('.');
    const all = isProvider ? given : { provider: `\${${provider}}`, ...given };
    const inputs = [text(name), object(properties), options(all)].join(', ');
    return `const ${local(name)} = new ${path}(${inputs});`;
}

const { config = {}, variables = {}, resources, outputs } = program;
const provider = Object.keys(resources).find((name) => resources[name].defaultProvider);
const values = { ...variables, ...resources };
const references = (name) => {
    const found = referencesIn(values[name]);
    return Object.hasOwn(resources, name) && name !== provider ? [provider, ...found] : found;
};
const lines = [
    "import { readFileSync } from 'node:fs';",
    "import * as pulumi from '@pulumi/pulumi';",
    "import * as aws from '@pulumi/aws';",
    '',
    'const config = new pulumi.Config();',
    ...Object.entries(config).map(([name, value]) => setting(name, value)),
];
for (const name of inOrder(Object.keys(values), references)) {
    lines.push(Object.hasOwn(variables, name)
        ? `const ${local(name)} = ${expression(variables[name])};`
        : resource(name, resources[name]));
}
const exported = Object.keys(resources).map((name) => `${text(name)}: ${local(name)}`);
lines.push(`export const resources = { ${exported.join(', ')} };`);
lines.push(`export const outputs = ${object(outputs)};`);
writeFileSync(target, `${lines.join('\n')}\n`);
