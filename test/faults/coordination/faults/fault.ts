import type { Scene } from '../scene.ts'

/** What was really done, by name: numbers of things, milliseconds, bytes. Summed over the rounds of a fault. */
export type Injection = Readonly<Record<string, number>>

export interface Fault {
  /** As the reference numbers them. */
  readonly id: string
  readonly what: string
  readonly inject: (scene: Scene) => Promise<Injection>
  /** Why it cannot be tried here. */
  readonly missing?: () => Promise<string | undefined>
  /** In a long run, where it takes long. @default as many as asked for */
  readonly mostRounds?: number
}
