// Elements, without a way to make any from text: what comes from a log is only ever text.

const SVG = 'http://www.w3.org/2000/svg';

/** An element with attributes, listeners (functions) and children (elements or text). */
export function element(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(made, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (typeof value === 'function') made.addEventListener(name, value);
        else if (value === true) made.setAttribute(name, '');
        else if (value !== false && value !== null) made.setAttribute(name, value);
    }
    made.append(...children.flat().filter((child) => child !== null));
    return made;
}

export function byId(id) {
    return document.getElementById(id);
}

/** Terms and values; a value is text, an element, or null for a row that is left out. */
export function facts(rows) {
    const shown = rows.filter(([, value]) => value !== null);
    return element('dl', { class: 'facts' }, shown.map(([term, value]) => element(
        'div', {}, element('dt', {}, term), element('dd', {}, value))));
}

export function code(text, attributes = {}) {
    return element('code', attributes, text);
}

/** A long value, cut in its line where there is no room, whole in its title and when copied. */
export function hash(text) {
    return element('code', { class: 'hash', title: text }, text);
}

const ICONS = {
    ok: 'M3.5 8.5l3 3 6-7',
    bad: 'M4 4l8 8M12 4l-8 8',
    none: 'M4 8h8',
};

/** A mark for a state; the words beside it say the same, so it is hidden from screen readers. */
export function icon(state) {
    return svg(
        'svg', { class: `icon ${state}`, viewBox: '0 0 16 16', 'aria-hidden': 'true' },
        svg('path', { d: ICONS[state] }));
}
