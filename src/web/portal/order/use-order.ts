import { useCallback, useEffect, useMemo, useState } from 'react';
import { useClient } from 'urql';
import { problemOf, type Problem } from '../../shared/errors.js';
import type { Profile } from '../home/documents.js';
import { useSession } from '../sign-in/session-context.js';
import { accessProblem, type NamedCredentials } from '../step-up/ask-access.js';
import { missingOf, type MissingClause } from '../step-up/step-up.js';
import { replaceBy } from '../use-route.js';
import { START_ENROLMENT, type Offer } from './documents.js';
import { firstChoice, type OrderChoice } from './order-choice.js';

interface Order {
  readonly choice: OrderChoice;
  readonly change: (changed: Partial<OrderChoice>) => void;
  readonly busy: boolean;
  readonly problem: Problem | undefined;
  /** What ordering still asks for; empty when nothing does. */
  readonly missing: readonly MissingClause[];
  /** What is missing is still being asked. */
  readonly isAsking: boolean;
  /** Orders, unless a proof is missing; also after a proof was given. */
  readonly submit: () => Promise<void>;
}

const ORDERING = '/mobile-id/get';

/** One order, from the choice to the enrolment that it starts. `replaced` is the mobile ID that the new one takes the place of. */
export function useOrder(offer: Offer, replaced?: Profile): Order {
  const client = useClient();
  const { user, drafts } = useSession();
  const draftKey = `${user.id}/${offer.projectId}/${replaced?.id ?? ''}`;
  const [choice, setChoice] = useState(
    () => drafts.get(draftKey) ?? firstChoice(offer, crypto.randomUUID(), replaced),
  );
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [missing, setMissing] = useState<readonly MissingClause[] | undefined>(
    replaced ? undefined : offer.access.missing,
  );
  const { declaredLost, recoverCertificateIds } = choice;
  const named = useMemo<NamedCredentials>(
    () => ({
      ...(replaced && { replacesProfileId: replaced.id, declaredLost }),
      ...(recoverCertificateIds.length > 0 && { recoverCertificateIds }),
    }),
    [declaredLost, recoverCertificateIds, replaced],
  );

  const change = (changed: Partial<OrderChoice>): void => {
    const next = { ...choice, ...changed, idempotencyKey: crypto.randomUUID() };
    drafts.set(draftKey, next);
    setChoice(next);
  };

  const told = useCallback((refusal: Problem | undefined) => {
    const stillMissing = refusal && missingOf(refusal.facts);
    setMissing(stillMissing ?? []);
    setProblem(stillMissing ? undefined : refusal);
  }, []);

  useEffect(() => {
    if (Object.keys(named).length === 0) return undefined;
    let isOld = false;
    void accessProblem(client, ORDERING, named).then((refusal) => {
      if (!isOld) told(refusal);
    });
    return () => {
      isOld = true;
    };
  }, [client, named, told]);

  const order = useCallback(async (): Promise<Problem | undefined> => {
    const { certificates, channel, validityDays, idempotencyKey } = choice;
    const input = {
      projectId: offer.projectId,
      certificates: [...certificates],
      channel,
      validityDays,
      idempotencyKey,
      ...(replaced && { replacesProfileId: replaced.id, declaredLost: [...choice.declaredLost] }),
      ...(choice.recoverCertificateIds.length > 0 && {
        recoverCertificateIds: [...choice.recoverCertificateIds],
      }),
    };
    const { data, error } = await client.mutation(START_ENROLMENT, { input }).toPromise();
    if (!data) return error ? problemOf(error) : { code: 'INTERNAL', facts: {} };
    drafts.delete(draftKey);
    replaceBy({ page: 'ENROLMENT', enrolmentId: data.startEnrolment.enrolment.id });
    return undefined;
  }, [choice, client, draftKey, drafts, offer.projectId, replaced]);

  const submit = useCallback(async () => {
    setBusy(true);
    setProblem(undefined);
    told((await accessProblem(client, ORDERING, named)) ?? (await order()));
    setBusy(false);
  }, [client, named, order, told]);

  return {
    choice,
    change,
    busy,
    problem,
    missing: missing ?? [],
    isAsking: missing === undefined,
    submit,
  };
}
