import { useEffect, useRef, useState } from 'preact/hooks';

/**
 * The answer to the newest question, for questions that come faster than answers, as during a drag. Asks one question
 * at a time; of the questions that come meanwhile, it asks only the last. Returns the previous answer until a newer
 * one exists.
 *
 * @param question asked again whenever it changes; undefined asks nothing
 */
export function useLatest<Question, Answer>(
  question: Question | undefined,
  ask: (question: Question) => Promise<Answer>,
  onProblem: (message: string) => void,
): Answer | undefined {
  const [answer, setAnswer] = useState<Answer>();
  const state = useRef({ busy: false, waiting: undefined as Question | undefined, gone: false, ask, onProblem });
  state.current.ask = ask;
  state.current.onProblem = onProblem;
  useEffect(() => {
    const { current } = state;
    current.gone = false;
    return () => {
      current.gone = true;
    };
  }, []);
  useEffect(() => {
    if (question === undefined) return;
    const { current } = state;
    current.waiting = question;
    if (current.busy) return;
    const work = async () => {
      current.busy = true;
      while (current.waiting !== undefined && !current.gone) {
        const next = current.waiting;
        current.waiting = undefined;
        try {
          const found = await current.ask(next);
          if (!current.gone) setAnswer(() => found);
        } catch (error) {
          current.onProblem(error instanceof Error ? error.message : String(error));
        }
      }
      current.busy = false;
    };
    void work();
  }, [question]);
  return answer;
}
