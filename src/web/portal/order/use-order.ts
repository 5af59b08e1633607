import { useCallback, useState } from 'react';
import { useClient } from 'urql';
import { problemOf, type Problem } from '../../shared/errors.js';
import { useSession } from '../sign-in/session-context.js';
import { missingOf, type MissingClause } from '../step-up/step-up.js';
import { replaceBy } from '../use-route.js';
import { OFFERS, START_ENROLMENT, type Offer } from './documents.js';
import { firstChoice, type OrderChoice } from './order-choice.js';

interface Order {
  readonly choice: OrderChoice;
  readonly change: (changed: Partial<OrderChoice>) => void;
  readonly busy: boolean;
  readonly problem: Problem | undefined;
  /** What ordering still asks for; empty when nothing does. */
  readonly missing: readonly MissingClause[];
  readonly submit: () => Promise<void>;
  /** After a proof: orders at once where that was the last one missing. */
  readonly proven: () => Promise<void>;
}

/** One order, from the choice to the enrolment that it starts. */
export function useOrder(offer: Offer): Order {
  const client = useClient();
  const { user, drafts } = useSession();
  const draftKey = `${user.id}/${offer.projectId}`;
  const [choice, setChoice] = useState(
    () => drafts.get(draftKey) ?? firstChoice(offer, crypto.randomUUID()),
  );
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [missing, setMissing] = useState<readonly MissingClause[]>(offer.access.missing);

  const change = (changed: Partial<OrderChoice>): void => {
    const next = { ...choice, ...changed, idempotencyKey: crypto.randomUUID() };
    drafts.set(draftKey, next);
    setChoice(next);
  };

  const submit = useCallback(async () => {
    setBusy(true);
    setProblem(undefined);
    const input = {
      ...choice,
      projectId: offer.projectId,
      certificates: [...choice.certificates],
    };
    const { data, error } = await client.mutation(START_ENROLMENT, { input }).toPromise();
    setBusy(false);
    if (data) {
      drafts.delete(draftKey);
      replaceBy({ page: 'ENROLMENT', enrolmentId: data.startEnrolment.enrolment.id });
      return;
    }
    const refusal = error ? problemOf(error) : { code: 'INTERNAL', facts: {} };
    const stillMissing = missingOf(refusal.facts);
    if (stillMissing) setMissing(stillMissing);
    else setProblem(refusal);
  }, [choice, client, draftKey, drafts, offer.projectId]);

  const proven = useCallback(async () => {
    const { data } = await client.query(OFFERS, {}).toPromise();
    const access = data?.mobileIdOffers.find((one) => one.projectId === offer.projectId)?.access;
    setMissing(access?.missing ?? []);
    if (access === undefined || access.missing.length === 0) await submit();
  }, [client, offer.projectId, submit]);

  return { choice, change, busy, problem, missing, submit, proven };
}
