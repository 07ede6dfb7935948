// The results as tables for people: medians, and all that a reader needs to judge them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem } from 'node:os';
import { type RuntimeName, runtimePath } from '../scripts/runtime.mjs';
import { FAULTS, type Figures } from './scenario.ts';

/** The figures of all repetitions, by target, by scenario. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, Figures[]>>;

export interface Versions {
  readonly postgres: string;
  readonly redis: string;
  readonly runtimes: readonly RuntimeName[];
}

export function reportOf(results: Results, versions: Versions): string {
  return [facts(versions), ...[...results].map(([name, found]) => table(name, found))].join('\n');
}

/** One line for each run with a message that was lost, double or late, or with a lost connection. */
export function faultsIn(results: Results): string[] {
  return [...results].flatMap(([scenario, found]) =>
    [...found].flatMap(([target, all]) =>
      all.flatMap((figures, index) =>
        FAULTS.filter((fault) => (figures[fault] ?? 0) > 0).map(
          (fault) => `${scenario}, ${target}, repetition ${index + 1}: ${figures[fault]} ${fault}`,
        ),
      ),
    ),
  );
}

export function save(report: string): void {
  mkdirSync('bench/results', { recursive: true });
  const file = `bench/results/${new Date().toISOString().slice(0, 16).replace(':', '')}.md`;
  writeFileSync(file, `${report}\n`);
  console.error(`Written to ${file}`);
}

/** Medians, with the minimum and the maximum. */
function table(scenario: string, found: ReadonlyMap<string, Figures[]>): string {
  const names = [...found.keys()];
  const figures = new Set([...found.values()].flat().flatMap((one) => Object.keys(one)));
  // Faults come last, wherever they were added.
  const ordered = [...figures].toSorted((a, b) => Number(FAULTS.includes(a)) - Number(FAULTS.includes(b)));
  const rows = ordered.map((figure) => {
    const cells = names.map((name) => cell((found.get(name) ?? []).map((one) => one[figure] ?? Number.NaN)));
    return `| ${figure} | ${cells.join(' | ')} |`;
  });
  const head = [`| | ${names.join(' | ')} |`, `|---|${names.map(() => '---:').join('|')}|`];
  return [`\n## ${scenario}\n`, ...head, ...rows].join('\n');
}

function cell(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const last = sorted.length - 1;
  const median = short((at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2);
  return last > 0 ? `${median} (${short(at(0))}–${short(at(last))})` : median;
}

function short(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(value < 1e5 ? 1 : 0)}k`;
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function facts({ postgres, redis, runtimes }: Versions): string {
  const versionOf = (name: string) =>
    (JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string }).version;
  const [cpu] = cpus();
  const others = runtimes.map((name) => `${name} ${versionOfRuntime(name)}, `);
  return [
    `# ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC\n`,
    `\`npm run bench -- ${process.argv.slice(2).map(quoted).join(' ')}\`\n`,
    `${cpus().length} x ${cpu?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()} ${arch()}, `,
    `load of the last 15 minutes ${loadavg()[2]?.toFixed(1)}, `,
    `Node ${process.version}, ${others.join('')}PostgreSQL ${postgres} with fsync, Redis ${redis}, `,
    `ws ${versionOf('ws')}, Socket.IO ${versionOf('socket.io')}. `,
    'Median (least–most). CPU is user and system time of the process tree that is named.',
  ].join('\n');
}

function quoted(argument: string): string {
  return argument.includes(' ') ? `"${argument}"` : argument;
}

function versionOfRuntime(name: RuntimeName): string {
  const [first = ''] = execFileSync(runtimePath(name), ['--version'], { encoding: 'utf8' }).split('\n');
  return /\d+\.\d+\.\d+/.exec(first)?.[0] ?? first;
}
