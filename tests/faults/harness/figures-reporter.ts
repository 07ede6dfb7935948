// Prints, after a run, what each test of the families did and counted, as a Markdown table.
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type {} from './figures.ts';

/** The families of faults, in the order of their file names here. */
const FAMILIES: ReadonlyArray<readonly [file: string, name: string]> = [
  ['checker', 'the checker'],
  ['senders', '1 concurrent senders'],
  ['reconnect', '2 reconnect'],
  ['redis', '3 Redis'],
  ['refusing-redis', '3 Redis'],
  ['postgres', '4 PostgreSQL'],
  ['database', '4 PostgreSQL'],
  ['refusing-database', '4 PostgreSQL'],
  ['failover', '4 PostgreSQL'],
  ['deadlines', '4 PostgreSQL, Redis'],
  ['nodes', '5 nodes'],
  ['embedded', '6 embedded'],
  ['slow-peers', '7 slow peers'],
  ['bad-peers', '7 bad peers'],
  ['membership', '8 membership'],
  ['idempotence', '9 idempotence'],
  ['mass-reconnect', '10 mass reconnect'],
];

export class FiguresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = FAMILIES.flatMap(([file, family]) =>
      modules
        .filter(({ moduleId }) => moduleId.endsWith(`/${file}.test.ts`))
        .flatMap((module) => [...module.children.allTests()].map((test) => row(family, test))),
    );
    const passed = rows.filter(({ state }) => state === 'passed').length;
    console.log('\n| family | test | result | seconds | figures |\n|---|---|---|---:|---|');
    for (const { family, name, state, seconds, counted } of rows.filter((one) => one.counted || one.state !== 'passed'))
      console.log(`| ${family} | ${name} | ${state} | ${seconds} | ${counted} |`);
    console.log(`\n${passed} of ${rows.length} tests passed (those without figures are not listed).`);
  }
}

function row(family: string, test: TestCase) {
  const { state } = test.result();
  const counted = Object.entries(test.meta().figures ?? {}).map(([name, value]) => `${name} ${shown(value)}`);
  const seconds = Math.round((test.diagnostic()?.duration ?? 0) / 1000);
  return { family, name: test.fullName.replaceAll(' > ', ' '), state, seconds, counted: counted.join(', ') };
}

function shown(value: number | string): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : value;
}
