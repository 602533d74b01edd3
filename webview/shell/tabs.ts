/** The row of tabs, and the keys that every profile's page has. */
import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '../strings';

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: string;
}

export function tabBar<Name extends string>(
  tabs: readonly Tab<Name>[],
  current: Name,
  go: (name: Name) => void,
): TemplateResult {
  const onKey = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ name }) => name === current);
    const to = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at - 1 + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(tabs[to].name);
    requestAnimationFrame(() => document.getElementById(`tab-${tabs[to].name}`)?.focus());
  };
  return html`<div class="tabs" role="tablist" aria-label=${t('Views')} @keydown=${onKey}>
    ${tabs.map(
      ({ name, label }, index) =>
        html`<button
          type="button"
          role="tab"
          id="tab-${name}"
          aria-controls="panel-${name}"
          aria-selected=${name === current}
          tabindex=${name === current ? 0 : -1}
          title="${label} ( ${(index + 1) % 10} )"
          @click=${() => go(name)}
        >
          ${label}
        </button>`,
    )}
  </div>`;
}

/** There may be more tabs than a narrow window has room for. */
export const showTab = (tab: Element): void =>
  tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });

/** The views that were seen stay, so that coming back is at once; `seen` is added to. */
export function tabPanels<Name extends string>(
  tabs: readonly Name[],
  current: Name,
  seen: Set<Name>,
  view: (name: Name, active: boolean) => TemplateResult,
): unknown {
  seen.add(current);
  // By name: a view that is seen for the first time takes no other's element, with all it holds.
  return repeat(
    tabs.filter((name) => seen.has(name)),
    (name) => name,
    (name) =>
      html`<div
        id="panel-${name}"
        class="panel"
        role="tabpanel"
        aria-labelledby="tab-${name}"
        ?hidden=${name !== current}
      >
        ${view(name, name === current)}
      </div>`,
  );
}

/** Whether a key is meant for a box that is typed into. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
  );
}
