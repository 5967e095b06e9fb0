/** What the diagnosis decides by. The README's section "How the sentence is found" has the same table. */

/** Spans in seconds over which shares are judged: the shortest that has enough to say something decides. */
export const SPANS = [10, 30, 60, 300] as const
export type Span = typeof SPANS[number]
/** What has not been so within the last seconds, where there was traffic, is over before anybody has read it. */
export const NOW_S = 3

/** Standard errors: with 200 routes looked at each second, two would find something every few minutes. */
export const CONFIDENCE = 3.3
/** Bad requests, and different seconds in which there were too many: a burst of one client or one collection is no incident. */
export const MIN_BAD = 5
export const MIN_BAD_SECONDS = 5

/** Share of a route's requests that fail: some always do somewhere, and one in fifty is felt. */
export const ERROR_SHARE = 0.02
/** The same of the whole service, which has more requests to be sure by. */
export const SERVICE_ERROR_SHARE = 0.01
/** So many times the threshold while it is not known what is usual: some services always fail a little. */
export const UNKNOWN_FACTOR = 2.5
/** From here on most users meet one. */
export const CRITICAL_ERROR_SHARE = 0.05
/** So many times its own usual share is no longer the usual noise. */
export const USUAL_FACTOR = 2

/** A request is slow above so many times the usual P95 of its route, and so many milliseconds above it: nobody feels less. */
export const SLOW_FACTOR = 2
export const SLOW_EXCESS_MS = 25
/** By what is usual one in twenty is above P95; one in eight above twice as much is another distribution. */
export const SLOW_SHARE = 0.125

/** Requests, and batches of five seconds, before anything is usual. */
export const LEARN_REQUESTS = 30
export const LEARN_BATCHES = 4
/** What came within so many seconds is not learned yet: an incident is found before it becomes the usual. */
export const LEARN_DELAY_S = 20
/** What has been so for an hour is the new usual. */
export const RELEARN_S = 3600

/** A start compiles and loads: its latencies and stalls are no incident. */
export const START_MS = 60_000
/** Components and checks come up within this. */
export const READY_MS = 20_000

/** Refused by the load-shedder: it exists to refuse nothing when all is well. */
export const SHED_SHARE = 0.01
/** Refused by limits: a few percent are every day's clients that retry too early. */
export const LIMITED_SHARE = 0.05
/** Refused of a class that should not be refused, or by limits in all: no longer a notice. */
export const SEVERE_REFUSED_SHARE = 0.3
/** Clients of one limit that are called few, or this share of its clients. */
export const FEW_CLIENTS = 3
export const FEW_CLIENTS_SHARE = 0.05

/** The loop's delay that a user feels, in milliseconds: the alert `event-loop-stall` has the same. */
export const STALL_MS = 200
/** Seconds with one of the last thirty; one alone when it took so long. */
export const STALLS = 3
export const LONG_STALL_MS = 1000
/** Share of the last ten seconds in which the loop did not wait: work queues up from here. */
export const SATURATED = 0.93
/** A loop that is this busy explains latencies and refusals. */
export const BUSY = 0.85
/** Share of the loop's excess that one route has to account for, to be named, and how many times as much as the next one. */
export const MOST = 0.3
export const AHEAD = 2
/** The same for one whose quickest requests show that it computes, while nobody else's do. */
export const SOME = 0.15
export const FAR_AHEAD = 5
/** Share of all extra errors or time that one route has to account for. */
export const NEARLY_ALL = 0.7
/** Share of the extra errors or time of routes that is found again at an upstream. */
export const HALF = 0.5
/** Share of the loop's time that collections take when they are the cause. */
export const COLLECTING = 0.4
/** The same of all the time: the collections of an idle process delay nobody. */
export const COLLECTING_AT_LEAST = 0.1
/** Share of the scheduler's periods in which the quota was used up. */
export const THROTTLED = 0.25

/** Share of the nearest memory limit: V8 collects nearly all the time above, and the kernel kills at 1. */
export const MEMORY_FULL = 0.9
export const MEMORY_NEARLY_GONE = 0.96
/** Points of the heap's floor, and the seconds that they cover. */
export const TREND_POINTS = 8
export const TREND_S = 60
/** The floor has risen by so much of itself and so many bytes: less is a cache that fills. */
export const TREND_SHARE = 0.2
export const TREND_BYTES: number = 24 * 2 ** 20
/** The newer half rises at this share of the whole's pace, or it is levelling off. */
export const TREND_STEADY = 0.85
/** It has risen by a quarter of what is left: a cache that fills looks like a leak for a while, and is not drawn on for ever. */
export const TREND_OF_LEFT: number = 1 / 4
/** Seconds until the heap is full, at this pace: what is further away than six hours is for the alert, not for tonight. */
export const FULL_NOTICE_S: number = 6 * 3600
export const FULL_WARNING_S = 3600
export const FULL_CRITICAL_S = 600

/** An open breaker is remembered for so many seconds: while it probes it is half-open, and nothing is over. */
export const BREAKER_MEMORY_S = 30
/** Milliseconds without a frame before silence is told: two frames may get lost. */
export const SILENT_MS = 4000
/** The same where all others are silent at once: longer than a coordinator takes to see that its backend is away. */
export const ALL_SILENT_MS = 20_000

/** Seconds for which a symptom has to be seen, and has to be gone. */
export const ON_S = 3
export const OFF_S = 10
/** Seconds for which another symptom or cause has to be the better one. */
export const SWITCH_S = 5
/** The same before a known cause is given up for none: that it is not seen just now does not clear it. */
export const GIVE_UP_S = 20
