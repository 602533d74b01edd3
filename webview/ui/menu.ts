/** A button that opens a list of actions or switches. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { icon } from './controls';

export interface MenuItem {
  readonly label: string;
  readonly icon?: string;
  /** What the label is short for. */
  readonly hint?: string;
  /** A switch, on or off; the menu then stays open. */
  readonly checked?: boolean;
  run(): void;
}

@customElement('pm-menu')
export class Menu extends LitElement {
  @property() label = '';
  @property() icon = '';
  @property({ attribute: false }) items: readonly MenuItem[] = [];
  @state() private open = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener('keydown', this.onKey);
    this.addEventListener('focusout', this.onFocusOut);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.removeEventListener('keydown', this.onKey);
    this.removeEventListener('focusout', this.onFocusOut);
  }

  protected override render(): TemplateResult {
    return html`<button
        class="menu-button"
        type="button"
        aria-haspopup="menu"
        aria-expanded=${this.open}
        @click=${() => this.toggle()}
      >
        ${this.icon ? icon(this.icon) : nothing}<span>${this.label}</span>${icon('chevron-down')}
      </button>
      ${
        this.open
          ? html`<div class="menu" role="menu" aria-label=${this.label}>
              ${this.items.map((item) => this.renderItem(item))}
            </div>`
          : nothing
      }`;
  }

  private renderItem(item: MenuItem): TemplateResult {
    const isSwitch = item.checked !== undefined;
    return html`<button
      type="button"
      tabindex="-1"
      title=${item.hint ?? nothing}
      role=${isSwitch ? 'menuitemcheckbox' : 'menuitem'}
      aria-checked=${isSwitch ? item.checked : nothing}
      @click=${() => {
        item.run();
        if (!isSwitch) this.close();
      }}
    >
      ${isSwitch ? icon(item.checked ? 'check' : 'blank') : icon(item.icon ?? 'blank')}<span
        >${item.label}</span
      >
    </button>`;
  }

  private toggle(): void {
    this.open = !this.open;
    if (this.open) void this.updateComplete.then(() => this.entries()[0]?.focus());
  }

  private close(): void {
    this.open = false;
    this.querySelector<HTMLElement>('.menu-button')?.focus();
  }

  private entries(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('.menu button')];
  }

  private readonly onFocusOut = (event: FocusEvent): void => {
    if (!this.contains(event.relatedTarget as Node | null)) this.open = false;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (!this.open) return;
    // Keys belong to the open menu, not to the page behind it.
    event.stopPropagation();
    const entries = this.entries();
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const to = {
      ArrowDown: (at + 1) % entries.length,
      ArrowUp: (at - 1 + entries.length) % entries.length,
      Home: 0,
      End: entries.length - 1,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      entries[to]?.focus();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      this.close();
    }
  };
}
