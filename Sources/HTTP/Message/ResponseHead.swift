/// What an answer says before its body, with its framing decided.
package struct ResponseHead: Sendable, Equatable {
    package var status: Int
    package var reason: String
    /// HTTP/1.`minorVersion`: 0 or 1.
    package var minorVersion: Int
    package var headers: Headers
    package var framing: BodyFraming
    /// The server will take another request on this connection.
    package var keepAlive: Bool

    package init(
        status: Int, reason: String = "", minorVersion: Int = 1, headers: Headers = Headers(),
        framing: BodyFraming = .none, keepAlive: Bool = true
    ) {
        self.status = status
        self.reason = reason
        self.minorVersion = minorVersion
        self.headers = headers
        self.framing = framing
        self.keepAlive = keepAlive
    }
}
