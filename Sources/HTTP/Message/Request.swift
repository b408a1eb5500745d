/// One request as a handler sees it.
package struct Request: Sendable {
    package let head: RequestHead
    package let peer: Peer
    package let body: RequestBody
    /// 16 letters, for the log and for problems.
    package let id: String
    /// It came over TLS.
    package let secure: Bool
    /// The port that it came to; 0 on a Unix socket.
    package let localPort: Int

    package init(
        head: RequestHead, peer: Peer, body: RequestBody, id: String, secure: Bool, localPort: Int
    ) {
        self.head = head
        self.peer = peer
        self.body = body
        self.id = id
        self.secure = secure
        self.localPort = localPort
    }

    package var method: Method { head.method }
    package var target: RequestTarget { head.target }
    package var headers: Headers { head.headers }
}

/// Turns a request into an answer. Started on the connection's event loop: what blocks or computes
/// belongs to an actor with an executor of its own.
package typealias Handler = @Sendable (Request) async -> Response
