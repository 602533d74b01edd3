import type { Session } from '../../profile/session';

/** What several questions rest on, computed once for each session as it is given out. */
export function once<T>(compute: (session: Session) => T): (session: Session) => T {
  const kept = new WeakMap<Session, { readonly value: T }>();
  return (session) => {
    const known = kept.get(session);
    if (known !== undefined) return known.value;
    const value = compute(session);
    kept.set(session, { value });
    return value;
  };
}
