import { existsSync, readFileSync } from 'node:fs';

/** Where systems keep the authorities they trust. */
const bundles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem'];

/**
 * The certificates of the authorities that this machine trusts, as PEM: what other programs of the machine believe, is believed
 * here. Undefined where it keeps none, which leaves Node's own.
 */
export function systemAuthorities(): Buffer | undefined {
  const bundle = bundles.find((file) => existsSync(file));
  return bundle === undefined ? undefined : readFileSync(bundle);
}
