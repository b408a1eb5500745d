package import Net

/// Why a packet, a publish or a connection came to nothing.
package enum MQTTError: Error, Sendable, Equatable {
    /// The other end broke the protocol. One sentence.
    case malformed(String)
    /// Bytes of a packet that is larger than allowed.
    case tooLarge(Int)
    /// The broker said no, to us or to a message.
    case refused(ReasonCode, String?)
    /// The broker ended the connection and said why (MQTT 5).
    case disconnected(ReasonCode)
    case net(NetError)
    /// The connection ended, or there is none.
    case closed
    /// No answer from the broker.
    case timedOut
    /// Too much waits to be sent already.
    case full
    /// What was asked of us can't be sent. One sentence.
    case invalid(String)
}

extension MQTTError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let reason): "the other end broke the protocol: \(reason)"
        case .tooLarge(let count): "a packet of \(count) bytes is too large"
        case .refused(let code, let text): "refused: \(text ?? code.description)"
        case .disconnected(let code): "disconnected by the broker: \(code)"
        case .net(let error): "\(error)"
        case .closed: "not connected"
        case .timedOut: "no answer from the broker"
        case .full: "too many messages wait to be sent"
        case .invalid(let reason): reason
        }
    }
}
