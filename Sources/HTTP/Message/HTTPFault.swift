/// Why a message is refused. The connection is closed after it: once framing is in doubt, nothing
/// that follows on the same connection can be trusted.
package struct HTTPFault: Error, Sendable, Equatable {
    /// What a server answers with; a client treats every fault as a broken upstream.
    package let status: Int
    /// Safe to show and to log: never bytes of the message.
    package let reason: String

    package init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    static func malformed(_ reason: String) -> HTTPFault { HTTPFault(400, reason) }
}
