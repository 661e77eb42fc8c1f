import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Ends a run with the names of the skipped tests and one plain line for people and programs: `tests: 12 passed, 0
 * failed, 1 skipped`. A failure outside a test (a file that doesn't load, a hook, an uncaught error) counts as failed.
 */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], uncaught: readonly unknown[]) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (...states: ReturnType<TestCase['result']>['state'][]) =>
      tests.filter((test) => states.includes(test.result().state));

    const skipped = inState('skipped', 'pending');
    for (const test of skipped) console.log(`SKIPPED ${test.module.relativeModuleId} > ${test.fullName}`);

    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const brokenSuites = suites.filter((suite) => suite.errors().length > 0);
    const failed = inState('failed').length + brokenSuites.length + uncaught.length;
    console.log(`tests: ${inState('passed').length} passed, ${failed} failed, ${skipped.length} skipped`);
  }
}
