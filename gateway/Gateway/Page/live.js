// The newest head, asked for again and again, and how fast the log grows.

import { fromDecimal, utf8 } from '../../../attestation/Web/verifier/bytes.js';
import { readCheckpoint, readNote } from '../../../attestation/Web/verifier/note.js';
import { byId, svg } from '../../../attestation/Web/page/dom.js';
import { number, time } from '../../../attestation/Web/page/format.js';
import { get, getJson } from './api.js';

const INTERVAL_MS = 2_000;
const SAMPLES_MAX = 61;
const GRAPH = { width: 300, height: 64 };

const samples = [];
let size = null;

/** Follows the head; calls back with each new size. */
export function followHead(onGrown) {
    const step = async () => {
        if (!document.hidden) await ask(onGrown);
        setTimeout(step, INTERVAL_MS);
    };
    document.addEventListener('visibilitychange', () => { samples.length = 0; });
    return step();
}

async function ask(onGrown) {
    try {
        const text = await (await get('/v1/checkpoint')).text();
        const note = readNote(utf8(text));
        const checkpoint = note && readCheckpoint(note.text);
        if (!checkpoint) throw new Error('The gateway’s checkpoint does not decode.');
        say('live', 'Live');
        take(checkpoint.size);
        if (checkpoint.size === size) return;
        size = checkpoint.size;
        show(checkpoint, text);
        await showTime();
        onGrown(size);
    } catch (fault) {
        say('down', fault.name === 'TypeError' ? 'The gateway does not answer' : fault.message);
    }
}

function say(state, words) {
    const shown = byId('state');
    if (shown.textContent === words) return;
    shown.textContent = words;
    shown.dataset.state = state;
}

function show({ origin, size: count }, text) {
    byId('origin').textContent = origin;
    byId('size').textContent = number(count);
    byId('checkpoint').textContent = text;
    document.title = `${number(count)} · ${origin}`;
}

async function showTime() {
    const { time: recorded } = await getJson(`/v1/entries/${size - 1n}`);
    byId('head-time').textContent = time(Date.parse(recorded));
}

function take(count) {
    samples.push({ at: performance.now(), count });
    if (samples.length > SAMPLES_MAX) samples.shift();
    const [first, last] = [samples[0], samples[samples.length - 1]];
    const seconds = (last.at - first.at) / 1000;
    const rate = seconds > 0 ? Number(last.count - first.count) / seconds : 0;
    byId('rate').textContent = rate >= 100 ? number(Math.round(rate)) : rate.toFixed(1);
    byId('graph').replaceChildren(...graph());
}

// Growth between samples as an area; the newest at the right edge.
function graph() {
    const rates = samples.slice(1).map(({ at, count }, index) =>
        Number(count - samples[index].count) / Math.max(0.001, (at - samples[index].at) / 1000));
    const most = Math.max(1, ...rates);
    const step = GRAPH.width / (SAMPLES_MAX - 2);
    const x = (index) => GRAPH.width - (rates.length - 1 - index) * step;
    const y = (rate) => GRAPH.height - 3 - (rate / most) * (GRAPH.height - 8);
    const points = rates.map((rate, index) => `${x(index).toFixed(1)} ${y(rate).toFixed(1)}`);
    const base = svg('path', { class: 'base', d: `M0 ${GRAPH.height - 1}H${GRAPH.width}` });
    if (points.length < 2) return [base];
    const top = `M${points.join('L')}`;
    return [
        svg('path', { class: 'under', d: `${top}V${GRAPH.height}H${x(0).toFixed(1)}Z` }),
        svg('path', { class: 'over', d: top }),
        base,
    ];
}

/** A number of the log, or null for other text. */
export function numberOf(text) {
    const value = fromDecimal(text.replace(/[\s,_]/g, ''));
    return value !== null && (size === null || value < size) ? value : null;
}
