/** What stands out, of all that a report was made of, each with a way to the section that shows it. */
import type { Finding } from '../../analysis/findings';
import type { NcuFinding } from '../../analysis/ncu/findings';
import type { SessionFinding } from '../../analysis/session/findings';
import { together } from '../../profile/format';
import { html, type Markup } from './markup';

/** Where in the page a finding's figures are. */
const SECTIONS: Readonly<Record<Finding['view'], string>> = {
  overview: 'busy',
  phases: 'phases',
  kernels: 'kernels',
  ranges: 'phases',
  graphs: 'graphs',
  memory: 'memory',
};

interface Told extends Pick<
  Finding,
  'severity' | 'title' | 'detail' | 'advice' | 'measured' | 'threshold'
> {
  readonly section: string;
}

const SEVERITIES: readonly Finding['severity'][] = ['problem', 'warning', 'info'];

export interface FoundIn {
  readonly timeline: readonly Finding[];
  readonly kernels: readonly NcuFinding[];
  readonly session: readonly SessionFinding[];
}

/** @param sections those that the page has */
export function findings(found: FoundIn, sections: ReadonlySet<string>): Markup | undefined {
  const all: Told[] = [
    ...found.timeline.map((finding) => ({ ...finding, section: SECTIONS[finding.view] })),
    ...found.kernels.map((finding) => ({ ...finding, section: 'bandwidth' })),
    ...found.session.map((finding) => ({ ...finding, section: `session-${finding.view}` })),
  ];
  if (all.length === 0) return undefined;
  all.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  return html`<h2 id="findings">What stands out</h2>
    ${all.map(
      ({ severity, title, detail, advice, measured, threshold, section }) =>
        html`<div class="finding ${severity}">
          <b>${together(title)}</b>
          <p>${together(detail)}</p>
          <p>${together(advice)}</p>
          <p class="soft">
            Measured: ${together(measured)}. Threshold: ${together(threshold)}.
            ${sections.has(section) && html`<a href="#${section}">Show</a>`}
          </p>
        </div> `,
    )}`;
}
