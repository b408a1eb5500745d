package import Domain
package import HTTP
package import Store

extension Problem {
    /// Exhaustive: a new case will not compile unmapped.
    package init(_ error: StoreError) {
        switch error {
        case .notFound(let what): self = .notFound(what)
        case .conflict(let detail): self = .conflict(detail)
        case .busy: self = .busy("The database is busy. Try again in a moment.")
        case .corrupt: self = .storage
        case .full:
            self = Problem(
                type: "/problems/storage", title: "Disk full", status: 507,
                detail: "The disk is full: nothing was changed. Free space, then try again.")
        }
    }

    package static func invalid(_ field: String, _ fault: ValidationFault) -> Problem {
        .invalid(field, fault.reason)
    }
}

/// A store's answer, or its error as a problem.
package func stored<Value>(
    _ body: () async throws(StoreError) -> Value
) async throws(Problem) -> Value {
    do throws(StoreError) { return try await body() } catch { throw Problem(error) }
}

/// A validated value, or a problem that names the field.
package func valid<Value>(
    _ field: String, _ body: () throws(ValidationFault) -> Value
) throws(Problem) -> Value {
    do throws(ValidationFault) { return try body() } catch { throw .invalid(field, error) }
}
