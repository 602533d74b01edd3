/**
 * Sets style properties through the object model. The page's content security
 * policy refuses style attributes, and lit's styleMap writes one the first time.
 */
import { noChange } from 'lit';
import { Directive, directive, type ElementPart } from 'lit/directive.js';

class Styled extends Directive {
  private set: readonly string[] = [];

  override render(_styles: Readonly<Record<string, string | undefined>>): unknown {
    return noChange;
  }

  override update(part: ElementPart, [styles]: Parameters<this['render']>): unknown {
    const { style } = part.element as HTMLElement;
    for (const name of this.set) if (styles[name] === undefined) style.removeProperty(name);
    for (const [name, value] of Object.entries(styles)) {
      if (value !== undefined) style.setProperty(name, value);
    }
    this.set = Object.keys(styles);
    return noChange;
  }
}

export const styled = directive(Styled);
