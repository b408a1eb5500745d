/// How a process ended.
package enum InstanceExit: Sendable, Equatable {
    case code(Int32)
    case signal(Int32)
    /// The process was adopted, so its status went to somebody else.
    case unknown

    /// flows.json cannot be read (ours, chosen outside of what Node.js uses itself).
    package static let flowsUnreadable = InstanceExit.code(78)

    /// Completes "Node-RED …": "ended with exit code 1".
    package var phrase: String {
        switch self {
        case .code(0): "was asked to stop by something outside of the appliance"
        case .code(let code): "ended with exit code \(code)"
        // 6: V8 aborts when its heap is exhausted.
        case .signal(6): "aborted, most often because its memory limit is too low"
        case .signal(9): "was killed, by a person or by the system for lack of memory"
        case .signal(let signal): "was ended by signal \(signal)"
        case .unknown: "ended while the appliance was restarting, so the reason is not known"
        }
    }
}
