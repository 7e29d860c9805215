// What a person reads in the terminal when the server has started.

import { expect, test } from 'vitest';
import { Access } from '../../src/access/access.js';
import { welcome } from '../../src/server/welcome.js';
import { useServer } from './harness.js';

const server = useServer();
const CORS = { corsOrigins: [], loopbackOrigins: false };

const tell = (...names: string[]) => {
  const models = server.current.repository.list().filter(({ name }) => names.includes(name));
  return welcome('http://localhost:4000', models, CORS, Access.forAnybody());
};

test('it names what is served, where, and a command that gives a sample', () => {
  expect(tell('tiny', 'blind')).toMatch(/serves .*tiny \(version \d+\).* at http:\/\/localhost:4000\/graphql/);
  expect(tell('tiny', 'blind')).toContain('curl -s http://localhost:4000/graphql');
});

test('where nothing makes samples, or nothing is there yet, it still says where the server is, and what to do', () => {
  for (const words of [tell(), tell('none')]) {
    expect(words).toContain('serves no model yet at http://localhost:4000/graphql');
    expect(words).toContain('http://localhost:4000/\n');
    expect(words).toContain('train one in the browser, or put some into its folder');
  }
});
