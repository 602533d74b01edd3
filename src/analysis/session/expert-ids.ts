/** More than any model has; beyond it a number in a file is damage. */
export const MOST_ID = 65_536;

/** Of an expert, or of a layer. */
export const isExpertId = (value: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < MOST_ID;
