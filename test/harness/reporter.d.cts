import type { reporters } from 'mocha';

declare const Reporter: typeof reporters.Spec;
export = Reporter;
