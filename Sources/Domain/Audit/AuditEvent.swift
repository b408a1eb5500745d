/// What was done by whom; written in the transaction that does it.
package struct AuditEvent: Sendable, Equatable {
    package var kind: String
    package init(kind: String) { self.kind = kind }
}
