import type { Spread } from './samples.ts'

/** One line of the table. */
export interface Figure {
  what: string
  /** What was measured, as people read it. */
  measured: string
  goal: string
  /** The floor or the peer of the same run. */
  beside: string
  met: boolean
  /** Is the goal promised? If not, the figure stands beside it to show how much worse things can get. */
  promised: boolean
}

interface Unit {
  name: 's' | 'ms' | 'MB' | '×'
  /** How many of what is measured make one. */
  size: number
  digits: number
}

export const SECONDS: Unit = { name: 's', size: 1000, digits: 2 }
export const MILLISECONDS: Unit = { name: 'ms', size: 1, digits: 0 }
export const MEGABYTES: Unit = { name: 'MB', size: 1_000_000, digits: 0 }
export const TIMES: Unit = { name: '×', size: 1, digits: 2 }

/** `1.62 s (1.58–1.70)`; of a single run `1.62 s` */
export function shown({ median, min, max }: Spread, unit: Unit): string {
  const middle = `${amount(median, unit)} ${unit.name}`
  return min === max ? middle : `${middle} (${amount(min, unit)}–${amount(max, unit)})`
}

/** A figure whose median has to stay below a goal, in what the samples are measured in. */
export function below(
  goal: number,
  unit: Unit,
  figure: { what: string; beside: string; promised?: boolean; spread: Spread },
): Figure {
  const { spread, ...rest } = figure
  return {
    promised: true,
    ...rest,
    measured: shown(spread, unit),
    goal: `< ${goal / unit.size} ${unit.name}`,
    met: spread.median < goal,
  }
}

function amount(value: number, { size, digits }: Unit): string {
  return (value / size).toFixed(digits)
}

function verdict({ met, promised }: Figure): string {
  if (met) return 'met'
  return promised ? 'MISSED' : 'missed (not promised)'
}

/** The figures with a heading each, in columns. */
export function table(figures: readonly Figure[]): string {
  const rows = [
    ['', 'measured', 'goal', 'beside it', ''],
    ...figures.map((figure) => [figure.what, figure.measured, figure.goal, figure.beside, verdict(figure)]),
  ]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
