import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseProxies, displayProxy, parseProxy } from './proxies.ts';

const shown = (env: NodeJS.ProcessEnv, url: string, options = {}) => {
  const proxy = chooseProxies(options, env)?.(new URL(url));
  return proxy && displayProxy(proxy);
};

test('a proxy has a scheme, a host, a port, a user and a password', () => {
  const cases: [string, ReturnType<typeof parseProxy>][] = [
    ['p.test', { scheme: 'http', host: 'p.test', port: 80, user: '', password: '' }],
    ['HTTPS://p.test', { scheme: 'https', host: 'p.test', port: 443, user: '', password: '' }],
    [
      'socks5h://al%40ice:se%3Asame@[::1]:9',
      { scheme: 'socks5h', host: '::1', port: 9, user: 'al@ice', password: 'se:same' },
    ],
    ['socks5://10.0.0.1/', { scheme: 'socks5', host: '10.0.0.1', port: 1080, user: '', password: '' }],
    ['http://p.test:443', { scheme: 'http', host: 'p.test', port: 443, user: '', password: '' }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseProxy(text, 'x'), expected, text);
});

test('what is no proxy is refused, naming where it stands and none of its secrets', () => {
  for (const text of [
    'ftp://alice:sesame@p.test',
    'socks4://alice:sesame@p.test',
    'http://alice:sesame@',
    'http://alice:sesame@p.test:0',
    'http://alice:sesame@p.test:99999',
    'http://alice:sesame@p test',
    'http://alice:sesame@p\r\nx: y',
    `socks5://alice:${'sesame'.repeat(50)}@p.test`,
    '',
  ])
    assert.throws(
      () => parseProxy(text, 'HTTPS_PROXY'),
      (error: Error & { code?: string; next?: string }) => {
        assert.equal(error.code, 'usage', text);
        assert.match(error.message, /HTTPS_PROXY/);
        assert.doesNotMatch(`${error.message} ${error.next}`, /sesame/);
        return true;
      },
      text,
    );
});

test('the environment chooses by scheme, lower case before upper case, and not for this machine', () => {
  const env = { http_proxy: 'low', HTTP_PROXY: 'up', HTTPS_PROXY: 'tls', ALL_PROXY: 'all' };
  assert.equal(shown(env, 'http://a.test/'), 'http://low:80');
  assert.equal(shown(env, 'https://a.test/'), 'http://tls:80');
  assert.equal(shown({ all_proxy: 'socks5://all' }, 'https://a.test/'), 'socks5://all:1080');
  for (const url of ['http://localhost/', 'http://127.0.0.1/', 'http://[::1]/'])
    assert.equal(shown(env, url), undefined);
  assert.equal(shown({ ...env, http_proxy: '' }, 'http://a.test/'), 'http://all:80', 'an empty one is none');
  assert.equal(shown({}, 'http://a.test/'), undefined);
});

test('a CGI client cannot choose the proxy with a header of its own', () => {
  const env = { REQUEST_METHOD: 'GET', HTTP_PROXY: 'evil' };
  assert.equal(shown(env, 'http://a.test/'), undefined);
  assert.equal(shown({ ...env, http_proxy: 'mine' }, 'http://a.test/'), 'http://mine:80');
});

test('the option goes before the environment, for all URLs but those of NO_PROXY', () => {
  const env = { http_proxy: 'env', NO_PROXY: 'b.test' };
  assert.equal(shown(env, 'https://a.test/', { proxy: 'mine' }), 'http://mine:80');
  assert.equal(shown(env, 'http://127.0.0.1/', { proxy: 'mine' }), 'http://mine:80');
  assert.equal(shown(env, 'http://b.test/', { proxy: 'mine' }), undefined);
  assert.equal(shown(env, 'http://b.test/', { proxy: 'mine', noProxy: '' }), 'http://mine:80');
  assert.equal(shown(env, 'http://a.test/', { proxy: '' }), undefined);
  assert.equal(shown(env, 'http://a.test/', { noProxy: 'a.test' }), undefined);
});
