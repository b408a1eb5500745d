/// What is asked of an upstream.
package struct ClientRequest: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Pulled as fast as the upstream takes it.
        case stream(RequestBody, BodyFraming)
    }

    package var method: Method
    /// Path and query as they go on the wire.
    package var target: String
    package var headers: Headers
    package var body: Body
    package var upgrade: String?

    package init(
        _ method: Method, _ target: String, headers: Headers = Headers(), body: Body = .none,
        upgrade: String? = nil
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.upgrade = upgrade
    }

    var framing: BodyFraming {
        switch body {
        case .none: .none
        case .bytes(let bytes): .length(Int64(bytes.count))
        case .stream(_, let framing): framing
        }
    }

    /// A connection that turns out to be dead may be replaced by another without anything being
    /// done twice.
    var isRepeatable: Bool {
        guard case .none = body else { return false }
        return method.isIdempotent && upgrade == nil
    }
}
