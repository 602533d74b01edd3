import path from 'node:path';

/** The project's root folder. */
export const root = path.resolve(__dirname, '../..');

/** Everything downloaded or unpacked for tests; ignored by git and by the package. */
export const cache = path.join(root, '.vscode-test');

/** The packaged extension that the UI tests and `npm start` install. */
export const vsix = path.join(root, 'dist/profilemate.vsix');

/** Pictures and reports that tests leave for people. */
export const results = path.join(root, 'test-results');
