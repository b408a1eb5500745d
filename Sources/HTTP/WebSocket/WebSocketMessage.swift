/// A whole message, fragments joined; text is valid UTF-8.
package enum WebSocketMessage: Sendable, Equatable {
    case text(String)
    case binary([UInt8])
}

/// Why a WebSocket ended otherwise than by a close frame.
package enum WebSocketFault: Error, Sendable, Equatable {
    /// The other side broke RFC 6455; it was told this close code.
    case violation(code: UInt16, reason: String)
    case connection(StreamFault)
    /// More waits to be sent than may wait.
    case overflow
}
