import Glibc
import Synchronization

/// A point on a clock that only grows and knows no date.
package struct LoopTime: Sendable, Hashable, Comparable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (left: LoopTime, right: LoopTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    package static func + (time: LoopTime, duration: Duration) -> LoopTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return LoopTime(nanoseconds: overflow ? .max : sum)
    }

    package static func - (left: LoopTime, right: LoopTime) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }
}

extension Duration {
    /// Saturated at ±292 years.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }
}

/// What the timers of event loops go by.
package final class LoopClock: Sendable {
    /// The system's monotonic clock.
    package static let system = LoopClock(manual: false)

    private struct Manual {
        var time = LoopTime(nanoseconds: 0)
        var listeners: [@Sendable () -> Void] = []
    }

    let isManual: Bool
    private let manual = Mutex(Manual())

    private init(manual: Bool) { isManual = manual }

    /// A clock that stands until `advance` moves it.
    package static func manual() -> LoopClock { LoopClock(manual: true) }

    package var now: LoopTime {
        isManual ? manual.withLock { $0.time } : Self.measured
    }

    /// Moves a manual clock; loops that go by it look at their timers at once.
    package func advance(by duration: Duration) {
        let listeners = manual.withLock { manual in
            manual.time = manual.time + duration
            return manual.listeners
        }
        for listener in listeners { listener() }
    }

    func onAdvance(_ listener: @escaping @Sendable () -> Void) {
        manual.withLock { $0.listeners.append(listener) }
    }

    static var measured: LoopTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return LoopTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
