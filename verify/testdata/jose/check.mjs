// Checks activation tokens as a product written in another language would: with a stock JOSE library.
//
//   node check.mjs JWKS-FILE ISSUER INSTALLATION-ID UNIX-SECONDS < TOKENS
//
// TOKENS holds one token to a line. For each, one line of JSON is printed: {"claims": {...}} when the token is good for the
// issuer and the installation at that time, {"refused": "CODE"} when the library refuses it. Any other fault ends the run.
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';

globalThis.crypto ??= webcrypto; // which Node has had there by itself since version 19

const [keysFile, issuer, subject, seconds] = process.argv.slice(2);
const keys = createLocalJWKSet(JSON.parse(readFileSync(keysFile, 'utf8')));
const options = {
  algorithms: ['EdDSA'],
  typ: 'chiave-activation+jwt',
  issuer,
  subject,
  currentDate: new Date(Number(seconds) * 1000),
  requiredClaims: ['iat', 'jti', 'key', 'products'],
};

for (const token of readFileSync(0, 'utf8').split('\n').slice(0, -1)) {
  try {
    const { payload } = await jwtVerify(token, keys, options);
    console.log(JSON.stringify({ claims: payload }));
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    console.log(JSON.stringify({ refused: error.code }));
  }
}
