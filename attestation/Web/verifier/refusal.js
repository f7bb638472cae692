/** Carries the rule that a document breaks to the one place that reports it, and never beyond. */
export class Refusal extends Error {
    constructor(rule, expected, found) {
        super(`${rule}: expected ${expected}, found ${found}`);
        this.rule = rule;
        this.expected = expected;
        this.found = found;
    }
}
