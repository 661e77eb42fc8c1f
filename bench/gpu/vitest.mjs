/** The parts of Vitest that the kernel tests need, on Node's test runner, the only one on a rented machine. */
import { after, before, describe as group, test as single } from 'node:test';
import { JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';

chai.use(JestExtend);
chai.use(JestChaiExpect);
export const { expect } = chai;
expect.unreachable = (message = 'this must not be reached') => chai.assert.fail(message);

const each = (run) => (table) => (name, body) => {
  for (const row of table) {
    const values = Array.isArray(row) ? row : [row];
    run(`${name} ${values.map(String).join(', ').slice(0, 80)}`, () => body(...values));
  }
};

export const test = Object.assign((name, body) => single(name, body), { each: each(single) });
export const describe = Object.assign((name, body) => group(name, body), { each: each(group) });
export { before as beforeAll };

/** Run at the end of the file, wherever `afterAll` is called. */
const endings = [];
after(async () => {
  for (const end of endings) await end();
});
export const afterAll = (end) => endings.push(end);
