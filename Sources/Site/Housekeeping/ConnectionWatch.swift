import Basics
import Domain
package import Net

/// Tells when connections are turned away because there are too many, and that it is over when none
/// was for a while.
package struct ConnectionWatch: Service {
    /// 10 min.
    package static let memory = Duration.seconds(600)
    /// 60 s: a crowd that knocks on and on is told once a minute.
    private static let pause = Duration.seconds(60)

    private let refusals: @Sendable () -> ConnectionLimits.Refusals
    private let alarms: any SiteAlarmBoard

    package init(
        alarms: any SiteAlarmBoard,
        refusals: @escaping @Sendable () -> ConnectionLimits.Refusals
    ) {
        self.alarms = alarms
        self.refusals = refusals
    }

    package func run() async throws {
        var memory = Memory()
        while true {
            look(&memory, .now)
            try await Task.sleep(for: Self.pause)
        }
    }

    package struct Memory: Sendable {
        var count = 0
        /// Of the last that was turned away. What a former start has raised ends like the rest.
        var at: ContinuousClock.Instant?
        var isFirst = true
        package init() {}
    }

    package func look(_ memory: inout Memory, _ now: ContinuousClock.Instant) {
        if memory.isFirst { (memory.isFirst, memory.at) = (false, now) }
        let found = refusals()
        if found.count > memory.count {
            memory.at = now
            alarms.raise(
                .siteConnections,
                "\(found.count) connections were turned away since the start, the last from "
                    + "\(found.last ?? "somewhere"): look who opens so many there, or raise "
                    + "'limits.connectionsPerAddress' and 'limits.connections' in the "
                    + "configuration.")
        } else if let at = memory.at, now - at > Self.memory {
            memory.at = nil
            alarms.clear(.siteConnections)
        }
        memory.count = found.count
    }
}
