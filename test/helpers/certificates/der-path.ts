import { DerError, type DerValue } from '../../../src/features/certificates/x509/der';

/** The part of a part of a part, by numbers from 0 on, or from the end on below 0. @throws DerError where there is none */
export function at(value: DerValue, ...path: readonly number[]): DerValue {
  return path.reduce((inner, index) => {
    const found = inner.items.at(index);
    if (found === undefined) throw new DerError(`no part ${path.join('.')}`);
    return found;
  }, value);
}

/** Content of the OCTET STRING of the extension of this object identifier, in hexadecimal; undefined where there is none. */
export function extensionValue(extensions: DerValue, oid: string): Buffer | undefined {
  const found = extensions.items.find((each) => at(each, 0).content.toString('hex') === oid);
  return found && at(found, -1).content;
}
