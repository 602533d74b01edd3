/** The questions before a run, each with what was answered last time as its default. */
import {
  concurrency,
  dataset,
  load,
  outputTokens,
  promptTokens,
  rate,
  requests,
} from './loadQuestions';
import { type Draft, type Question, settled } from './question';
import { type Answer, BACK, CLOSED } from './quickInput';
import {
  address,
  engineArgs,
  mode,
  model,
  ncu,
  profiles,
  script,
  target,
  torch,
} from './runQuestions';

/**
 * Asks one after the other, `decide` at last. What was given is not asked for.
 * Undefined where the person has closed one of them.
 */
export async function askAll<T extends string>(
  start: Draft,
  given: Pick<Draft, 'model' | 'target'>,
  decide: (draft: Draft, back: boolean) => Promise<Answer<T>>,
): Promise<{ readonly draft: Draft; readonly decision: T } | undefined> {
  let decision: T | undefined;
  const last: Question = {
    applies: () => true,
    async ask(draft, back) {
      const answer = await decide(settled(draft), back);
      if (typeof answer === 'symbol') return answer;
      decision = answer;
      return draft;
    },
  };
  const questions: readonly Question[] = [
    mode,
    ...(given.target === undefined || given.target.kind === 'serve'
      ? [target, script, address, profiles]
      : []),
    ...(given.model === undefined ? [model] : []),
    torch,
    ncu,
    load,
    dataset,
    requests,
    concurrency,
    rate,
    promptTokens,
    outputTokens,
    engineArgs,
    last,
  ];
  const draft = await askFrom(questions, start);
  return typeof draft === 'symbol' || decision === undefined
    ? undefined
    : { draft: settled(draft), decision };
}

/** Drafts before each question that was asked, to go back to. */
async function askFrom(questions: readonly Question[], start: Draft): Promise<Answer<Draft>> {
  const asked: { readonly at: number; readonly draft: Draft }[] = [];
  let draft = start;
  for (let at = 0; at < questions.length; at++) {
    if (!questions[at].applies(draft)) continue;
    const answer = await questions[at].ask(draft, asked.length > 0);
    if (answer === CLOSED) return CLOSED;
    if (answer === BACK) {
      const before = asked.pop();
      if (before === undefined) return BACK;
      // What was answered stays the default of its question.
      at = before.at - 1;
      continue;
    }
    asked.push({ at, draft });
    draft = answer;
  }
  return draft;
}
