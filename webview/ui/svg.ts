/** What pictures that are saved as SVG are written with. */

/** A name as text of XML, or as the value of an attribute. */
export const escape = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // Not allowed in XML, however they are written.
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '\ufffd');

/** A coordinate: more digits than a pixel has only make the file long. */
export const n = (value: number): string => String(Number(value.toFixed(2)));
