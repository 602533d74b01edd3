/** Tells when the editor's theme changes: canvases don't follow style sheets. */
const listeners = new Set<() => void>();
let observer: MutationObserver | undefined;

export function onThemeChange(listener: () => void): () => void {
  listeners.add(listener);
  if (!observer) {
    observer = new MutationObserver(() => {
      for (const each of listeners) each();
    });
    // VS Code writes the colours into the root's style and the kind of theme into the body's class.
    observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  }
  return () => listeners.delete(listener);
}
