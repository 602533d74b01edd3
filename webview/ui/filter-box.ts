/** A line to type a filter in: suggests what can follow, and shows where it is not understood. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { parseFilter, suggest, type FilterField, type Suggestion } from '../../src/protocol/filter';
import { t } from '../strings';
import { icon } from './controls';

/** How long typing has to rest before the filter is applied, in ms. */
const PAUSE = 180;
let serial = 0;

@customElement('pm-filter')
export class FilterBox extends LitElement {
  @property() value = '';
  @property() label = '';
  @property({ attribute: false }) fields: readonly FilterField[] = [];
  /** Called with filters that are understood, once typing pauses. */
  @property({ attribute: false }) onFilter: (filter: string) => void = () => {};

  @state() private typed = '';
  @state() private suggestions: readonly Suggestion[] = [];
  @state() private chosen = -1;
  @query('input') private input!: HTMLInputElement;
  private timer = 0;
  private readonly uid = `filter-${serial++}`;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override focus(): void {
    this.input?.focus();
    this.input?.select();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearTimeout(this.timer);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('value')) this.typed = this.value;
  }

  private get examples(): string {
    return this.fields
      .filter((field) => field.kind === 'time' || field.kind === 'choice')
      .slice(0, 3)
      .map((field) => field.example)
      .join(', ');
  }

  private get error(): { readonly message: string; readonly at: number } | undefined {
    const parsed = parseFilter(this.typed, this.fields);
    return parsed.ok ? undefined : parsed.error;
  }

  protected override render(): TemplateResult {
    const { error } = this;
    const open = this.suggestions.length > 0;
    return html`<div class="filter ${error ? 'wrong' : ''}">
      ${icon('filter')}<input
        type="text"
        role="combobox"
        spellcheck="false"
        autocomplete="off"
        aria-label=${this.label}
        aria-autocomplete="list"
        aria-expanded=${open}
        aria-controls="${this.uid}-list"
        aria-activedescendant=${this.chosen >= 0 ? `${this.uid}-${this.chosen}` : nothing}
        aria-invalid=${error !== undefined}
        aria-describedby="${this.uid}-error"
        placeholder=${
          this.examples === '' ? t('Filter: words') : t('Filter ( / ): words, {0}', this.examples)
        }
        maxlength="2000"
        .value=${this.typed}
        @input=${this.onInput}
        @keydown=${this.onKey}
        @blur=${() => (this.suggestions = [])}
      />${
        this.typed === ''
          ? nothing
          : html`<button
              class="link clear"
              type="button"
              title=${t('Clear the filter')}
              aria-label=${t('Clear the filter')}
              @click=${() => this.take('', true)}
            >
              ${icon('close')}
            </button>`
      }
      ${
        open
          ? html`<ul class="suggestions" id="${this.uid}-list" role="listbox">
              ${this.suggestions.map(
                (suggestion, index) =>
                  html`<li
                    id="${this.uid}-${index}"
                    role="option"
                    aria-selected=${index === this.chosen}
                    @pointerdown=${(event: Event) => {
                      event.preventDefault();
                      this.accept(suggestion);
                    }}
                  >
                    <span>${suggestion.insert}</span><small>${suggestion.example}</small>
                  </li>`,
              )}
            </ul>`
          : nothing
      }
      <div id="${this.uid}-error" role="alert">
        ${error && !open ? this.renderError(error) : nothing}
      </div>
    </div>`;
  }

  private renderError(error: { readonly message: string; readonly at: number }): TemplateResult {
    const { typed } = this;
    const word = /^\S*/.exec(typed.slice(error.at))![0];
    return html`<div class="filter-error">
      <code
        >${typed.slice(0, error.at)}<mark>${word || ' '}</mark>${typed.slice(error.at + word.length)}</code
      >
      ${error.message}
    </div>`;
  }

  private readonly onInput = (): void => {
    this.typed = this.input.value;
    this.offer();
    this.later();
  };

  private offer(): void {
    const caret = this.input.selectionStart ?? this.typed.length;
    const word = /\S*$/.exec(this.typed.slice(0, caret))?.[0] ?? '';
    // A list that opens over the table on every blank would be in the way.
    this.suggestions = word === '' ? [] : suggest(this.typed, caret, this.fields).slice(0, 12);
    this.chosen = -1;
  }

  private later(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.emit(), PAUSE);
  }

  private emit(): void {
    window.clearTimeout(this.timer);
    const filter = this.typed.trim();
    if (this.error === undefined && filter !== this.value) this.onFilter(filter);
  }

  private take(text: string, now: boolean): void {
    this.typed = text;
    this.suggestions = [];
    if (now) this.emit();
    else this.later();
    this.input.focus();
  }

  private accept(suggestion: Suggestion): void {
    const caret = this.input.selectionStart ?? this.typed.length;
    const before = this.typed.slice(0, suggestion.from) + suggestion.insert;
    this.take(before + this.typed.slice(caret), false);
    void this.updateComplete.then(() => {
      this.input.setSelectionRange(before.length, before.length);
      if (suggestion.insert.endsWith(':')) this.offer();
    });
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const count = this.suggestions.length;
    if (count > 0 && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      this.chosen = (this.chosen + step + count + (this.chosen < 0 && step < 0 ? 1 : 0)) % count;
    } else if (event.key === 'ArrowDown' && event.altKey) {
      this.suggestions = suggest(this.typed, this.input.selectionStart ?? 0, this.fields);
    } else if ((event.key === 'Enter' || event.key === 'Tab') && this.chosen >= 0) {
      event.preventDefault();
      this.accept(this.suggestions[this.chosen]);
    } else if (event.key === 'Enter') {
      this.suggestions = [];
      this.emit();
    } else if (event.key === 'Escape') {
      if (count > 0) this.suggestions = [];
      else if (this.typed !== '') this.take('', true);
      else return;
      event.stopPropagation();
    }
  };
}
