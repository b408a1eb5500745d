import Basics
package import Domain

/// Where a supervisor learns what it shall run.
package protocol InstanceCatalog: Sendable {
    func definition(of id: Instance.ID) async throws -> InstanceDefinition
    /// The port that a process of it got.
    func remember(port: Int, of id: Instance.ID) async throws
}

/// Where the output of instances and what they used is kept.
package protocol InstanceJournal: Sendable {
    /// Up to where the output is kept; `nil` for nothing yet.
    func position(of id: Instance.ID) async throws -> LogPosition?
    /// All records and the position, or nothing.
    /// - Returns: the records with their sequence numbers.
    func append(
        _ records: [LogRecord], of id: Instance.ID, upTo position: LogPosition
    ) async throws -> [LogRecord]
    func append(_ sample: ResourceSample, of id: Instance.ID) async throws
}

/// Where deploys become versions.
package protocol DeployKeeper: Sendable {
    /// When it returns the deploy is on the disk. The same entry may come again.
    func keep(_ deploy: DeployEntry, of id: Instance.ID, modules: [NodeModule]) async throws
}

/// Where alarms are raised. Returns at once; what follows each other is done in that order.
package protocol AlarmBoard: Sendable {
    func raise(_ kind: AlarmKind, _ text: String, on id: Instance.ID)
    func clear(_ kind: AlarmKind, on id: Instance.ID)
}

/// Asks a process whether it answers.
package protocol LivenessProbe: Sendable {
    /// - Returns: whether that very process answered within 5 s.
    func isAlive(port: Int, path: String, instance: Instance.ID, nonce: String) async -> Bool
}

/// Time as supervisors use it: never the wall clock, which may be wrong and jump.
package protocol SupervisorClock: Sendable {
    /// Since some moment.
    var elapsed: Duration { get }
    /// - Throws: when the task is cancelled.
    func sleep(_ duration: Duration) async throws
}

package struct MonotonicClock: SupervisorClock {
    private let start = ContinuousClock.now
    package init() {}
    package var elapsed: Duration { ContinuousClock.now - start }
    package func sleep(_ duration: Duration) async throws { try await Task.sleep(for: duration) }
}
