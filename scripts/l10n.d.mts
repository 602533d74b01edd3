export declare const bundle: string;
export declare function collect(): Record<string, string>;
export declare function format(texts: Readonly<Record<string, string>>): string;
