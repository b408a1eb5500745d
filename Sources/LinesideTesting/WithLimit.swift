/// What was waited for did not come in time.
package struct LimitExceeded: Error, Sendable, CustomStringConvertible {
    package let what: String
    package var description: String { "waited in vain for \(what)" }
}

/// Waits for what `body` gives, at most `limit`: a test that hangs says on what. Only a failure
/// takes so long, on a machine that has something else to do too.
package func withLimit<Value: Sendable>(
    _ limit: Duration = .seconds(240), waitingFor what: String,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else {
            throw LimitExceeded(what: what)
        }
        return value
    }
}

/// Asks again and again until `body` has an answer, for what tells nobody when it changes: another
/// process.
package func eventually<Value: Sendable>(
    _ what: String, within limit: Duration = .seconds(240),
    _ body: @escaping @Sendable () async throws -> Value?
) async throws -> Value {
    try await withLimit(limit, waitingFor: what) {
        while true {
            if let value = try await body() { return value }
            try await Task.sleep(for: .milliseconds(25))
        }
    }
}

/// Asks without a pause until it is so, or the time of the test is over: for what another thread of
/// this process is about to do.
package func until(_ isSo: () async -> Bool) async {
    while !Task.isCancelled, !(await isSo()) { await Task.yield() }
}
