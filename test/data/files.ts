export const BROKEN_FILES: Record<string, (path: string) => void> = {};
