import {
  readChallenge,
  sendAnswer,
  startProof,
  tryStartProof,
  type StartedProof,
} from '../mobile-id';
import { endsInDays, remind, RenewingPhone } from '../renewals';
import { sessionOf } from '../sessions';
import { given, type OwnArguments, type Setters, type Setting } from './scene';

/** Proofs by mobile ID: asked on a page, answered by alva's phone. */
export function mobileIdScenes(setting: Setting): Setters {
  return {
    mobileIdChallenge: async () => given({ code: (await asked(setting)).code }),
    answerMobileIdChallenge: async () => {
      const proof = await asked(setting);
      return given({ input: { code: proof.code, answer: await answerTo(setting, proof) } });
    },
    mobileIdRenewal: async () => given({ proof: (await renewing(setting)).proof() }),
    renewMobileId: async () => {
      const phone = await renewing(setting);
      const { requests } = await phone.make();
      return given({ input: { proof: phone.proof(requests), requests } });
    },
    acknowledgeRenewal: async () => {
      const phone = await renewing(setting);
      const { keys, requests } = await phone.make();
      const answer = await phone.tryRenew(requests);
      return given({ proof: phone.renewed(keys, answer).proof() });
    },
    rejectMobileIdChallenge: async () => given({ code: (await asked(setting)).code }),
    finishMobileIdProof: () => given({ id: '' }),
    mobileIdProof: () => given({ id: '' }),
  };
}

export function mobileIdArguments(setting: Setting): Readonly<Record<string, OwnArguments>> {
  return {
    finishMobileIdProof: async (token) => {
      const proof = await askedBy(setting, token);
      await sendAnswer(setting.server, proof.code, await answerTo(setting, proof));
      return { id: proof.id };
    },
    mobileIdProof: async (token) => ({ id: (await askedBy(setting, token)).id }),
  };
}

/** By this session where it may ask, else by one of alva's. */
async function askedBy(setting: Setting, token: string | undefined): Promise<StartedProof> {
  if (token === undefined) return asked(setting);
  const { errors } = await tryStartProof(setting.server, token);
  return errors.length === 0 ? startProof(setting.server, token) : asked(setting);
}

/** A phone of alva's, with a mobile ID that ends soon. */
async function renewing({ server, cast }: Setting): Promise<RenewingPhone> {
  const token = await sessionOf(server, cast.alva.id);
  const phone = await RenewingPhone.enrol(server, token, { projectId: cast.projectId });
  await endsInDays(server, phone.profileId, 20);
  await remind(server); // or it happens while somebody looks whether anything has changed
  return phone;
}

async function asked({ server, cast }: Setting): Promise<StartedProof> {
  return startProof(server, await sessionOf(server, cast.alva.id));
}

async function answerTo(
  { server, finished }: Setting,
  { code, number }: StartedProof,
): Promise<string> {
  const { data } = await readChallenge(server, code);
  return finished.phone.answer(data.mobileIdChallenge, number);
}
