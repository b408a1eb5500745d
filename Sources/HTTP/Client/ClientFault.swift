/// Why a request got no answer.
package enum ClientFault: Error, Sendable, Equatable {
    /// No connection: nobody listens, or not in time.
    case unreachable(String)
    case timedOut
    /// The connection ended before the answer did.
    case incomplete
    /// The answer is not HTTP/1.1 as we read it.
    case malformed(String)
    case tooLarge
    /// A WebSocket was asked for, and something else was answered.
    case notUpgraded(status: Int)

    init(_ fault: StreamFault) {
        self =
            switch fault {
            case .closed, .failed: .incomplete
            case .stalled: .timedOut
            }
    }

    init(_ fault: HTTPFault) { self = .malformed(fault.reason) }
}
