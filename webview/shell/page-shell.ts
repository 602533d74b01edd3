/** What every page is: it follows what is known, hears keys wherever the focus is, and lays the list of keys over itself. */
import { LitElement, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { Follow, type Core } from '../core';
import { t } from '../strings';
import { iconButton } from '../ui/controls';
import { helpOverlay } from '../ui/dialog';
import { isTyping, showTab } from './tabs';

/** `Overlay` names what a page lays over itself besides the list of keys. */
export abstract class PageShell<A extends Core, Overlay extends string = never> extends LitElement {
  @property({ attribute: false }) app!: A;
  @state() protected overlay?: 'keys' | Overlay;
  /** Where the focus goes back to. */
  private beforeOverlay?: HTMLElement;
  private panelWithFocus?: HTMLElement;
  private tabInSight?: string;

  constructor() {
    super();
    new Follow(this);
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.onKey);
    window.addEventListener('resize', this.onResize);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.onKey);
    window.removeEventListener('resize', this.onResize);
  }

  protected override willUpdate(): void {
    const panel = document.activeElement?.closest<HTMLElement>('.panel');
    this.panelWithFocus = panel ?? undefined;
  }

  protected override updated(): void {
    const tab = this.querySelector<HTMLElement>('.tabs > [aria-selected="true"]');
    if (!tab) return;
    if (tab.id !== this.tabInSight) {
      this.tabInSight = tab.id;
      showTab(tab);
    }
    // Focus is not lost with the view that had it: the tab of the next one takes it.
    if (this.panelWithFocus?.hidden) tab.focus();
  }

  /** What a key does that is not typed into a box; false where it does nothing. */
  protected abstract press(key: string): boolean;

  /** What Escape does where nothing lies over the page. */
  protected abstract widen(): void;

  protected toggle(overlay: 'keys' | Overlay): void {
    this.overlay = this.overlay === overlay ? undefined : overlay;
    if (this.overlay) {
      const before = document.activeElement;
      this.beforeOverlay = before instanceof HTMLElement ? before : undefined;
    }
    void this.updateComplete.then(() =>
      (this.overlay ? this.querySelector<HTMLElement>('.dialog') : this.beforeOverlay)?.focus(),
    );
  }

  protected renderKeysButton(): TemplateResult {
    return iconButton('question', t('Keys ( ? )'), () => this.toggle('keys'));
  }

  protected renderKeys(): unknown {
    return this.overlay === 'keys' ? helpOverlay(() => this.toggle('keys')) : nothing;
  }

  /** The filter box of a view, once the page shows it. */
  protected async focusFilter(view: string): Promise<void> {
    await this.updateComplete;
    const element = this.querySelector<LitElement & { focusFilter(): void }>(view);
    await element?.updateComplete;
    element?.focusFilter();
  }

  private readonly onResize = (): void => {
    const tab = this.querySelector('.tabs > [aria-selected="true"]');
    if (tab) showTab(tab);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') {
      if (this.overlay) this.toggle(this.overlay);
      else this.widen();
      return;
    }
    if (isTyping(event)) return;
    if (event.key === '?') this.toggle('keys');
    else if (!this.press(event.key)) return;
    event.preventDefault();
  };
}
