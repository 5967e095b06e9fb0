import type { MergedFrame, VitalSigns } from '@plimsoll/core'
import { figure } from './figure.ts'
import type { Saturation, Worst } from './view.ts'

type Instances = MergedFrame['instances']

/** The worst of each figure, and whose it is: an average would hide the one sick instance of three. */
export function saturationOf (instances: Instances): Saturation {
  return {
    loop: worst(instances, ({ eventLoop }) => eventLoop.utilization),
    loopDelay: worst(instances, ({ eventLoop }) => eventLoop.delay.max),
    cpu: worst(instances, ({ cpu }) => cpu.used),
    heapFloor: worst(instances, ({ memory }) => memory.oldSpaceFloor ?? 0),
    memory: worst(instances, ({ memory }) => memory.utilization),
    gc: worst(instances, ({ gc }) => gc.share),
    gcPause: worst(instances, ({ gc }) => gc.longestPause)
  }
}

function worst (instances: Instances, read: (vitals: VitalSigns) => number): Worst {
  let found: Worst = { value: 0, instance: instances[0]?.instance ?? '' }
  for (const { instance, vitals } of instances) {
    const value = figure(read(vitals))
    if (value > found.value) found = { value, instance }
  }
  return found
}
