/// What a request says before its body, with its framing decided.
package struct RequestHead: Sendable, Equatable {
    package var method: Method
    package var target: RequestTarget
    /// HTTP/1.`minorVersion`: 0 or 1.
    package var minorVersion: Int
    package var headers: Headers
    package var framing: BodyFraming
    /// The client will take another answer on this connection.
    package var keepAlive: Bool
    /// It waits for `100 Continue` before it sends the body.
    package var expectsContinue: Bool
    /// What `Upgrade` asks for, lower-case, where `Connection` names it.
    package var upgrade: String?

    package init(
        method: Method, target: RequestTarget, minorVersion: Int = 1, headers: Headers = Headers(),
        framing: BodyFraming = .none, keepAlive: Bool = true, expectsContinue: Bool = false,
        upgrade: String? = nil
    ) {
        self.method = method
        self.target = target
        self.minorVersion = minorVersion
        self.headers = headers
        self.framing = framing
        self.keepAlive = keepAlive
        self.expectsContinue = expectsContinue
        self.upgrade = upgrade
    }
}
