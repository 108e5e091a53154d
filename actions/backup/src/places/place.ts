import type { Readable, Writable } from 'node:stream'

/** A machine, pod or container where programs run. */
export interface Place {
  /** For people, e.g. `local` or `ssh://backup@10.0.1.10`. */
  readonly name: string
  /**
   * Starts a program there. Its arguments reach it as they are; secrets travel in `env`, which no process list shows, on
   * this machine or on that one.
   */
  start(command: PlaceCommand): Running
  /** Runs a program to its end and gives its output; at most `captureBytes` of each stream (default 1 MiB). */
  run(command: PlaceCommand & { captureBytes?: number }): Promise<Finished>
  close(): Promise<void>
}

export interface PlaceCommand {
  argv: readonly [string, ...string[]]
  /** Added to the environment that it has there. */
  env?: Readonly<Record<string, string>>
  /** What is written to its standard input. */
  stdin?: Uint8Array | Readable
  cwd?: string
  /** Runs also when the step has been interrupted: for what takes something back. */
  despiteInterrupt?: boolean
  /** Gets each line of its standard error that isn't empty, without its end; nothing is left out. */
  onStderrLine?: (line: string) => void
}

export interface Running {
  stdout: Readable
  /**
   * How it ended, once all its output has been read. Never rejects for a program's failure, but for a transport's: a
   * connection that broke, an output that has fewer bytes than the program wrote. That BackupError is `source-failed`;
   * a program that isn't there is `client-missing`.
   */
  ended: Promise<Finished>
  kill(): void
}

export interface Finished {
  code: number | null
  signal: NodeJS.Signals | null
  /** Empty for `start`, whose reader has it. */
  stdout: Buffer
  /** Its last 64 KiB. */
  stderr: string
}

/** Where bytes of one object go: compression, encryption and the store lie behind it. */
export interface ObjectSink {
  /** Takes bytes and is read back-pressure by; ending it completes the object. */
  stream: Writable
  done: Promise<void>
}
