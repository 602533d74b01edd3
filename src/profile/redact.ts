/**
 * Secrets on a command line, masked before it leaves the user's screen. What
 * looks like a secret is one: a masked argument costs a reader nothing.
 */

export const MASK = '***';

/** Name of an option or variable whose value is a secret. */
const SECRET_NAME = /(key|token|secret|passw(or)?d|credential|auth)s?$/i;
/** Limits and counts of tokens are not secrets. */
const HARMLESS_NAME = /(max|num|min|batched|new|per)[-_]?(\w+[-_])*tokens$/i;
/** Well-known shapes of tokens, wherever they stand. */
const TOKEN = /\b(hf_|sk-|ghp_|gho_|github_pat_|glpat-|xox[abprs]-|AKIA|eyJ)[A-Za-z0-9_.-]{8,}/g;
/** A header of HTTP, whose value begins with the kind of the secret; and the kind by itself. */
const AUTHORIZATION = /((?:authorization["']?\s*[:=]\s*["']?(?:\w+\s+)?|\bbearer\s+))[^\s'",}]+/gi;
const CREDENTIALS_IN_URL = /(\w+:\/\/)[^\s/@:]*(:[^\s/@]*)?@/g;

const isSecret = (name: string): boolean => SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);

const VALUE = /("[^"]*"|'[^']*'|[^\s'",}]+)/.source;
/** `--option value`, `--option=value`. */
const OPTION = new RegExp(`(^|\\s)(--?[A-Za-z][\\w.-]*)(=|\\s+)(?!-)${VALUE}`, 'g');
/** `NAME=value`, `"name": "value"`. */
const VARIABLE = new RegExp(`(^|[\\s'"{,])([A-Za-z][\\w.-]*)("?\\s*[=:]\\s*)${VALUE}`, 'g');

/** One line, for display; not meant to be run again. */
export function redactCommand(command: string): string {
  const mask = (whole: string, before: string, name: string, between: string): string =>
    isSecret(name) ? `${before}${name}${between}${MASK}` : whole;
  return command
    .replace(CREDENTIALS_IN_URL, `$1${MASK}@`)
    .replace(AUTHORIZATION, `$1${MASK}`)
    .replace(TOKEN, MASK)
    .replace(OPTION, mask)
    .replace(VARIABLE, mask);
}
