import type { Problem } from '../../../kernel/field-problems.js';
import { isLoopbackName } from '../../../kernel/loopback.js';
import { expandTemplate, placeholderProblem } from '../../../kernel/template.js';
import { textProblem, UNPRINTABLE } from '../../../kernel/text.js';
import { REGISTRATION_PLACEHOLDERS } from './registration-url.js';
import type { AppLink } from './settings.js';

/** As many as fit on a page below a long text. */
const MAX_LINKS = 6;
const MAX_LABEL = 60;
/** More than this makes a QR code that cameras do not read from a sheet of paper. */
const MAX_PRINTED_URL = 200;
const MAX_URL = 500;
const SAMPLE = 'sample';

export function appLinksProblem(links: readonly AppLink[]): Problem {
  if (links.length > MAX_LINKS) return `There can be at most ${String(MAX_LINKS)}.`;
  const problems = links.map(
    ({ label, url }) => textProblem(label, { max: MAX_LABEL }) ?? urlProblem(url, MAX_PRINTED_URL),
  );
  return problems.find((problem) => problem !== undefined);
}

/** What is filled in comes after the host: whose page it leads to depends on nobody's ID. */
export function registrationUrlProblem(template: string): Problem {
  const problem = placeholderProblem(template, REGISTRATION_PLACEHOLDERS);
  if (problem !== undefined) return problem;
  const site = /^[^/]*\/\/[^/?#]*/.exec(template)?.[0] ?? template;
  if (site.includes('{')) return 'Its placeholders must come after the name of the site.';
  const values = Object.fromEntries(REGISTRATION_PLACEHOLDERS.map((name) => [name, SAMPLE]));
  return urlProblem(expandTemplate(template, values), MAX_URL);
}

/** Links are shown on phones and printed: nothing but a page of a site that proves who it is. */
function urlProblem(url: string, max: number): Problem {
  if (url.length > max) return `A URL can have at most ${String(max)} characters.`;
  if (UNPRINTABLE.test(url)) return 'A URL must not contain control characters.';
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !SITE_AND_PAGE.test(url)) return NO_URL;
  const isSafe = parsed.protocol === 'https:' || isLoopbackName(parsed.hostname);
  return isSafe && parsed.username === '' && parsed.password === '' ? undefined : NO_URL;
}

/** The name of the site stands right behind the two slashes: browsers pass over a third one, and over backslashes. */
const SITE_AND_PAGE = /^https?:\/\/[^\s/\\?#]\S*$/i;
const NO_URL = 'URLs must begin with https:// and name no user.';
