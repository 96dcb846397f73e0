// The tests' authorization server: the real oidc-provider on loopback, nearly every stable feature on.
// Any login and password are accepted; consent is one button. Nothing here is fit for production.
//
// Environment: PORT, ISSUER, REDIRECT_URI (comma list), CLIENT_SECRET, ACCESS_TTL, REFRESH_TTL, CODE_TTL (seconds),
// ROTATE=0 (keep refresh tokens), STRICT_OFFLINE=1 (refresh token only for offline_access), DPOP_NONCE=1, REQUIRE_PKCE=1,
// INITIAL_ACCESS_TOKEN (guards registration), MTLS_PORT (opens a mutual-TLS listener), STATE_DIR (keys), DEBUG=1.
import * as crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTls } from 'node:https';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

// Node 18 (Debian 12) lacks two things that the package uses; it must load after they are there.
globalThis.crypto ??= crypto.webcrypto;
URL.parse ??= (...parts) => (URL.canParse(...parts) ? new URL(...parts) : null);
const { default: Provider, errors } = await import('oidc-provider');

const env = process.env;
const STATE = env.STATE_DIR || path.join(tmpdir(), 'oauth-helper-test-authorization-server');
const PORT = Number(env.PORT || 4000);
const MTLS_PORT = Number(env.MTLS_PORT || 0);
const ISSUER = env.ISSUER || `http://127.0.0.1:${PORT}`;
const REDIRECTS = (env.REDIRECT_URI || 'http://127.0.0.1:8080/auth_callback').split(',');
const SECRET = env.CLIENT_SECRET || 'test-secret-0123456789-0123456789-0123456789';
const ACCESS_TTL = Number(env.ACCESS_TTL || 3600);
const REFRESH_TTL = Number(env.REFRESH_TTL || 86400);
const CODE_TTL = Number(env.CODE_TTL || 60);
const ROTATE = env.ROTATE !== '0';
const STRICT_OFFLINE = env.STRICT_OFFLINE === '1';
const DPOP_NONCE = env.DPOP_NONCE === '1';
mkdirSync(STATE, { recursive: true });

// ---- keys: made once and kept, since RSA keys cost more than all the rest of the start ----
const kept = (name, make) => {
  const file = path.join(STATE, name);
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, make(), { mode: 0o600 });
    // A link fails where the name exists: of servers that start at the same time the first one decides.
    try { linkSync(draft, file); } catch (e) { if (e.code !== 'EEXIST') throw e; } finally { rmSync(draft); }
  }
  return readFileSync(file);
};
const jwk = (type, opts, extra) => {
  const { privateKey } = crypto.generateKeyPairSync(type, opts);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', ...extra };
};
const keptKeys = (name, make) => JSON.parse(kept(name, () => JSON.stringify({ keys: make() }, null, 1)));
const jwks = keptKeys('server-jwks.json', () => [
  jwk('rsa', { modulusLength: 2048 }, { kid: 'rs' }),
  jwk('ec', { namedCurve: 'P-256' }, { kid: 'es256' }),
  jwk('ed25519', {}, { kid: 'ed' }),
  jwk('rsa', { modulusLength: 2048 }, { kid: 'enc', use: 'enc' }),
]);
const clientKeys = keptKeys('client-private-jwks.json', () => [
  jwk('rsa', { modulusLength: 2048 }, { kid: 'c-rs256', alg: 'RS256' }),
  jwk('ec', { namedCurve: 'P-256' }, { kid: 'c-es256', alg: 'ES256' }),
  jwk('ed25519', {}, { kid: 'c-ed', alg: 'EdDSA' }),
]);
for (const key of clientKeys.keys) {
  kept(`client-${key.kid}.pem`, () => crypto.createPrivateKey({ key, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }));
}
// Without `alg`, so that an RSA key may sign RS256 and PS256.
const publicPart = ({ d, p, q, dp, dq, qi, alg, ...rest }) => rest;
const clientPub = { keys: clientKeys.keys.map(publicPart) };

// ---- certificates for mutual TLS: a CA, a server and a client leaf, a self-signed client ----
const inState = (name) => path.join(STATE, name);
const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const selfSigned = (name, subject) => openssl('req', '-x509', ...EC, '-days', '3650', '-subj', subject,
  '-keyout', inState(`${name}.key`), '-out', inState(`${name}.crt`));
const issued = (name, subject, san) => {
  writeFileSync(inState(`${name}.ext`), `subjectAltName=${san}`);
  openssl('req', ...EC, '-subj', subject, '-keyout', inState(`${name}.key`), '-out', inState(`${name}.csr`));
  openssl('x509', '-req', '-in', inState(`${name}.csr`), '-CA', inState('ca.crt'), '-CAkey', inState('ca.key'),
    '-CAcreateserial', '-days', '3650', '-extfile', inState(`${name}.ext`), '-out', inState(`${name}.crt`));
};
if (MTLS_PORT) {
  selfSigned('ca', '/CN=test CA');
  issued('server', '/CN=127.0.0.1', 'IP:127.0.0.1,DNS:localhost');
  issued('client', '/CN=test-mtls/O=tests', 'DNS:test-mtls.example');
  selfSigned('ss', '/CN=test-mtls-selfsigned');
}

// ---- clients ----
const CODE = ['authorization_code', 'refresh_token'];
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const base = (client_id, extra) => ({
  client_id, client_secret: SECRET, redirect_uris: REDIRECTS, grant_types: CODE, response_types: ['code'],
  application_type: 'web', post_logout_redirect_uris: REDIRECTS.map((u) => new URL('/logged_out', u).href), ...extra,
});
const noSecret = { client_secret: undefined };
const clients = [
  base('test-client', { grant_types: [...CODE, 'client_credentials', DEVICE], authorization_details_types: ['payment_initiation'] }),
  base('test-post', { token_endpoint_auth_method: 'client_secret_post' }),
  base('test-public', { ...noSecret, token_endpoint_auth_method: 'none', grant_types: [...CODE, DEVICE] }),
  base('test-secret-jwt', { token_endpoint_auth_method: 'client_secret_jwt' }),
  base('test-pkjwt', { ...noSecret, token_endpoint_auth_method: 'private_key_jwt', jwks: clientPub, grant_types: [...CODE, 'client_credentials'] }),
  base('test-par', { require_pushed_authorization_requests: true }),
  base('test-jar', { jwks: clientPub, require_signed_request_object: true }),
  base('test-jarm', { authorization_signed_response_alg: 'RS256' }),
  base('test-dpop', { ...noSecret, token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true }),
  base('test-es256', { id_token_signed_response_alg: 'ES256' }),
  base('test-eddsa', { id_token_signed_response_alg: 'EdDSA' }),
  base('resource-server', { grant_types: [], redirect_uris: [], response_types: [] }),
  ...(MTLS_PORT ? mutualTlsClients() : []),
];

function mutualTlsClients() {
  const cert = new crypto.X509Certificate(readFileSync(inState('ss.crt')));
  const key = { ...cert.publicKey.export({ format: 'jwk' }), kid: 'ss', use: 'sig', x5c: [cert.raw.toString('base64')] };
  const bound = { ...noSecret, tls_client_certificate_bound_access_tokens: true, grant_types: [...CODE, 'client_credentials'] };
  return [
    base('test-mtls', { ...bound, token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'CN=test-mtls,O=tests' }),
    base('test-mtls-selfsigned', { ...bound, token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [key] } }),
  ];
}

const on = { enabled: true };
const keepDetails = (d) => (typeof d === 'string' ? JSON.parse(d) : d);
const provider = new Provider(ISSUER, {
  clients,
  jwks,
  cookies: { keys: ['test-cookie-key'] },
  scopes: ['openid', 'offline_access', 'profile', 'email', 'api'],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
  clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
  findAccount: (ctx, sub) => ({ accountId: sub, claims: async () => ({ sub, name: `User ${sub}`, preferred_username: sub, email: `${sub}@example.test`, email_verified: true }) }),
  issueRefreshToken: async (ctx, client, source) => client.grantTypeAllowed('refresh_token') && (!STRICT_OFFLINE || source.scopes.has('offline_access')),
  rotateRefreshToken: ROTATE,
  expiresWithSession: async () => false,
  ttl: { AccessToken: ACCESS_TTL, ClientCredentials: ACCESS_TTL, AuthorizationCode: CODE_TTL, RefreshToken: REFRESH_TTL, IdToken: 3600, DeviceCode: 600, Interaction: 3600, Session: 86400, Grant: 86400 },
  pkce: { required: (ctx, client) => env.REQUIRE_PKCE === '1' || client.clientAuthMethod === 'none' },
  ...(MTLS_PORT ? { discovery: { mtls_endpoint_aliases: mutualTlsAliases() } } : {}),
  features: {
    devInteractions: on, // the package's own login and consent pages: any login and password are accepted
    userinfo: on, jwtUserinfo: on, rpInitiatedLogout: on, backchannelLogout: on, claimsParameter: on, encryption: on,
    clientCredentials: on, introspection: on, jwtIntrospection: on, revocation: on, jwtResponseModes: on,
    pushedAuthorizationRequests: on, requestObjects: on,
    deviceFlow: { ...on, charset: 'base-20', mask: '****-****' },
    dPoP: { ...on, ...(DPOP_NONCE ? { nonceSecret: crypto.createHash('sha256').update('test nonce').digest(), requireNonce: () => true } : {}) },
    registration: { ...on, initialAccessToken: env.INITIAL_ACCESS_TOKEN || false },
    registrationManagement: on,
    mTLS: {
      ...on, certificateBoundAccessTokens: true, selfSignedTlsClientAuth: true, tlsClientAuth: true,
      getCertificate: (ctx) => { const p = ctx.socket.getPeerCertificate?.(true); return p?.raw ? new crypto.X509Certificate(p.raw) : undefined; },
      certificateAuthorized: (ctx) => ctx.socket.authorized === true,
      certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_subject_dn'
        && new crypto.X509Certificate(ctx.socket.getPeerCertificate(true).raw).subject.split('\n').sort().join() === expected.split(',').sort().join(),
    },
    resourceIndicators: {
      ...on,
      getResourceServerInfo: async (ctx, resource) => {
        if (resource.startsWith('urn:test:forbidden')) throw new errors.InvalidTarget();
        return { scope: 'api api:read api:write', audience: resource, accessTokenTTL: ACCESS_TTL, accessTokenFormat: resource.includes('opaque') ? 'opaque' : 'jwt', jwt: { sign: { alg: 'RS256' } } };
      },
    },
    richAuthorizationRequests: {
      ...on,
      types: { payment_initiation: { validate(ctx, d) { if (!d.actions) throw new errors.InvalidAuthorizationDetails('actions required'); } } },
      authorizationDetailsForGrantSource: (ctx) => keepDetails(ctx.oidc.params.authorization_details),
      authorizationDetailsForAccessToken: (ctx, token, source) => keepDetails(ctx.oidc.params.authorization_details) ?? source?.rar,
      authorizationDetailsForIntrospection: (ctx, token) => token.rar,
    },
  },
});
if (env.DEBUG) for (const e of ['authorization.error', 'grant.error', 'server_error', 'registration_create.error', 'pushed_authorization_request.error']) provider.on(e, (ctx, err) => console.error(e, err));

function mutualTlsAliases() {
  const paths = { token: '/token', revocation: '/token/revocation', introspection: '/token/introspection', userinfo: '/me',
    pushed_authorization_request: '/request', device_authorization: '/device/auth' };
  return Object.fromEntries(Object.entries(paths).map(([name, at]) => [`${name}_endpoint`, `https://127.0.0.1:${MTLS_PORT}${at}`]));
}

// What was asked of this server, for tests that count: GET /_requests answers ["POST /token", ...] and is not counted.
const asked = [];
const answer = provider.callback();
const app = (request, response) => {
  if (request.url === '/_requests') return response.end(JSON.stringify(asked));
  asked.push(`${request.method} ${request.url.split('?')[0]}`);
  return answer(request, response);
};
if (MTLS_PORT) {
  createTls({ key: readFileSync(inState('server.key')), cert: readFileSync(inState('server.crt')), ca: readFileSync(inState('ca.crt')),
    requestCert: true, rejectUnauthorized: false }, app)
    .listen(MTLS_PORT, '127.0.0.1', listenPlain);
} else {
  listenPlain();
}

function listenPlain() {
  createServer(app).listen(PORT, '127.0.0.1', () => console.log(`authorization server ready: ${ISSUER}`));
}
