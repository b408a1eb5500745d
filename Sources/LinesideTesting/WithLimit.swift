/// What was waited for did not come in time.
package struct LimitExceeded: Error, Sendable, CustomStringConvertible {
    package let what: String
    package var description: String { "waited in vain for \(what)" }
}

/// Waits for what `body` gives, at most `limit`: a test that hangs says on what.
package func withLimit<Value: Sendable>(
    _ limit: Duration = .seconds(30), waitingFor what: String,
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
    _ what: String, within limit: Duration = .seconds(30),
    _ body: @escaping @Sendable () async throws -> Value?
) async throws -> Value {
    try await withLimit(limit, waitingFor: what) {
        while true {
            if let value = try await body() { return value }
            try await Task.sleep(for: .milliseconds(25))
        }
    }
}
