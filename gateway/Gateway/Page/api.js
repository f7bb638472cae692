// The gateway's interface, and the access key where it asks for one. The key is kept in memory
// only and sent to this gateway only.

let key = null;
let asking = null;
let askForKey = null;

/** Whom to ask when the gateway wants a key: resolves to the key, or null if there is none. */
export function onKeyWanted(ask) {
    askForKey = ask;
}

/** An answer that is an error, in the gateway's words. */
export class Problem extends Error {
    constructor(status, title) {
        super(title);
        this.status = status;
    }
}

/** The answer to a GET; throws a Problem, or a TypeError when the gateway cannot be reached. */
export async function get(path, headers = {}) {
    let answer = await request(path, headers);
    while (answer.status === 401 && await wantKey(key)) answer = await request(path, headers);
    if (answer.ok || answer.status === 304) return answer;
    throw new Problem(answer.status, await titleOf(answer));
}

export async function getJson(path) {
    return (await get(path, { Accept: 'application/json' })).json();
}

function request(path, headers) {
    const authorization = key === null ? {} : { Authorization: `Bearer ${key}` };
    return fetch(path, { headers: { ...headers, ...authorization }, cache: 'no-store' });
}

// Many requests may want the key at once; the person is asked once.
async function wantKey(refused) {
    if (key !== refused) return true;
    asking ??= askForKey(refused !== null).finally(() => { asking = null; });
    key = await asking;
    return key !== null;
}

async function titleOf(answer) {
    try {
        const { title, detail } = await answer.json();
        return detail ?? title;
    } catch {
        return `The gateway answers ${answer.status}.`;
    }
}
