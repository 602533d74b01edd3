import type { SessionRequestName } from '../../protocol/session';

type Named = { readonly name: string };

/** Whether a question is asked of a session of the runtime layer. */
export const isOfSession = <Call extends Named>(
  call: Call,
): call is Extract<Call, { readonly name: SessionRequestName }> => call.name.startsWith('session');
