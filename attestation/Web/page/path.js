// The proof of inclusion as a picture: the leaf below, the root above, and between them what the
// proof adds on each level, on the side where it stands.

import { toHex } from '../verifier/bytes.js';
import { svg } from './dom.js';
import { number, plural } from './format.js';

const WIDTH = 336;
const ROW = 44;
const PILL = { width: 100, height: 26 };
const CENTRE = WIDTH / 2;
const SIDE = { left: PILL.width / 2 + 2, right: WIDTH - PILL.width / 2 - 2 };

/** A picture of what checkInclusion gave, or null where no path could be made. */
export function pathPicture(path, what) {
    if (!path) return null;
    const { steps, nodes, holds, number: place, size } = path;
    const height = nodes.length * ROW + 30;
    const y = (level) => height - 34 - level * ROW;
    const lines = [];
    const kindOf = (level) => level < steps.length ? 'node' : holds ? 'root' : 'root bad';
    const pills = [pill(CENTRE, y(0), nodes[0], `leaf ${kindOf(0)}`)];
    for (const [level, { sibling, isLeft }] of steps.entries()) {
        const x = isLeft ? SIDE.left : SIDE.right;
        lines.push(line(CENTRE, y(level), CENTRE, y(level + 1), 'own'));
        lines.push(elbow(x, y(level), CENTRE, y(level + 1)));
        pills.push(pill(x, y(level), sibling, 'sibling'));
        pills.push(pill(CENTRE, y(level + 1), nodes[level + 1], kindOf(level + 1)));
    }
    const words = `${what} ${number(place)} of a tree of ${plural(size, 'record', 'records')}: `
        + `${plural(steps.length, 'hash leads', 'hashes lead')} from the leaf `
        + (holds ? 'to the signed root' : 'to another root than the signed one');
    return svg(
        'svg',
        { class: 'path', viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': words },
        lines, pills,
        label(y(0) + 30, `leaf of record ${number(place)}`),
        label(y(steps.length) - 21, holds ? 'the signed root' : 'not the signed root'));
}

function pill(x, y, bytes, kind) {
    const hex = toHex(bytes);
    return svg(
        'g', { class: `pill ${kind}` },
        svg('rect', {
            x: x - PILL.width / 2, y: y - PILL.height / 2, rx: 6,
            width: PILL.width, height: PILL.height,
        }),
        svg('text', { x, y: y + 4 }, `${hex.slice(0, 5)}…${hex.slice(-4)}`),
        svg('title', {}, hex));
}

function line(x1, y1, x2, y2, kind) {
    return svg('path', { class: `edge ${kind}`, d: `M${x1} ${y1}L${x2} ${y2}` });
}

// Up from the sibling, then across to where both meet below their parent.
function elbow(x, y1, centre, y2) {
    const middle = (y1 + y2) / 2;
    return svg('path', { class: 'edge', d: `M${x} ${y1}V${middle}H${centre}` });
}

function label(y, text) {
    return svg('text', { class: 'path-label', x: CENTRE, y }, text);
}
